# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""Takes export datagrams (NetFlow 1, 5, 9, IPFIX; UDP or TCP) and decodes them: a small decoder of
its own, from RFC 3954, RFC 7011 and Cisco's tables. What is wrong with a message goes to a
function check(good, *what)."""
import socket
import struct
import threading

REVERSE = 29305

# ---- receiving

class Datagrams:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.senders = []

    def messages(self):
        """What has come; the sender has ended."""
        found = []
        self.socket.setblocking(False)
        try:
            while True:
                data, sender = self.socket.recvfrom(65535)
                found.append(data)
                self.senders.append(sender[0])
        except BlockingIOError:
            self.socket.close()
        return found


class Stream:
    """Takes one connection to its end."""

    def __init__(self, check):
        self.check = check
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.data = b""
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()

    def take(self):
        connection, _ = self.listener.accept()
        while True:
            piece = connection.recv(65535)
            if not piece:
                break
            self.data += piece
        connection.close()

    def messages(self):
        self.thread.join(10)
        self.listener.close()
        found, data = [], self.data
        while len(data) >= 4:
            size = struct.unpack("!H", data[2:4])[0]
            found.append(data[:size])
            data = data[size:]
        self.check(not data, "stream: octets left over")
        return found


# ---- decoding: each message becomes (sequence, units it counts for, templates?, records)

def decode_old(data, check):
    version, count = struct.unpack("!HH", data[:4])
    head, size = 16 if version == 1 else 24, 48
    check(len(data) == head + count * size, "v%d: length" % version, len(data), count)
    sequence, _, _, sampling = struct.unpack("!IBBH", data[16:24]) if version == 5 else (0,) * 4
    records = [dict(zip(("packets", "octets"), struct.unpack("!II", data[at + 16:at + 24])))
               for at in range(head, len(data), size)]
    return dict(sequence=sequence, units=count, templates=False, records=records, sampling=sampling)


class Templates:
    def __init__(self, check):
        self.check = check
        self.known = {}

    def decode(self, data):
        version = struct.unpack("!H", data[:2])[0]
        head = 16 if version == 10 else 20
        at = 8 if version == 10 else 12
        out = dict(sequence=struct.unpack("!I", data[at:at + 4])[0], units=0, templates=False,
                   records=[], sampling=None, exporter=None, count=0)
        at = head
        while at + 4 <= len(data):
            number, size = struct.unpack("!HH", data[at:at + 4])
            self.take_set(version, number, data[at + 4:at + size], out)
            at += size
        self.check(at == len(data), "v%d: sets do not fill the message" % version)
        if version == 9:
            self.check(struct.unpack("!H", data[2:4])[0] == out["count"], "v9: count of records")
            out["units"] = 1
        else:
            self.check(struct.unpack("!H", data[2:4])[0] == len(data), "IPFIX: length")
        return out

    def take_set(self, version, number, body, out):
        if number in (0, 2):
            out["templates"] = True
            while len(body) >= 4:
                ident, n = struct.unpack("!HH", body[:4])
                body = self.take_fields(ident, n, body[4:])
                out["count"] += 1
        elif number == 3:
            ident, n, _ = struct.unpack("!HHH", body[:6])
            self.take_fields(ident, n, body[6:])
        elif number == 1:
            ident, scope, options = struct.unpack("!HHH", body[:6])
            self.take_fields(ident, (scope + options) // 4, body[6:])
            out["count"] += 1
        else:
            self.take_records(number, body, out)

    def take_fields(self, ident, n, body):
        fields = []
        for _ in range(n):
            element, size = struct.unpack("!HH", body[:4])
            body = body[4:]
            enterprise = 0
            if element & 0x8000:
                enterprise, body = struct.unpack("!I", body[:4])[0], body[4:]
            fields.append((enterprise, element & 0x7FFF, size))
        self.known[ident] = fields
        return body

    def take_records(self, number, body, out):
        fields = self.known[number]
        size = sum(f[2] for f in fields)
        while len(body) >= size:
            values, at = {}, 0
            for enterprise, element, length in fields:
                values[enterprise, element] = int.from_bytes(body[at:at + length], "big")
                at += length
            body = body[size:]
            out["units"] += 1
            out["count"] += 1
            if (0, 34) in values or (0, 305) in values:
                out["exporter"] = values.get((0, 130), values.get((0, 131)))
                out["sampling"] = values.get((0, 34)) or values[0, 305] + values[0, 306]
                continue
            out["records"].append(dict(packets=values[0, 2], octets=values[0, 1], values=values))


def decode_all(messages, check):
    """Each message: dict(sequence, units it counts for, templates?, sampling and exporter or None,
    records); records: dict(packets, octets, values by (enterprise, element))."""
    templates = Templates(check)
    return [decode_old(m, check) if m[1] < 9 else templates.decode(m) for m in messages]
