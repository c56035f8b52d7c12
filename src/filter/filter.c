/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filter.c - the stages in a row, and the rooms' interface to them.
 *
 * A filter owns one arena with the texts, the tree, the conditions, code and constants; regular
 * expressions are objects of their own and freed with it.
 */
#include "filter/filter.h"

#include "filter/parsing.h"
#include "filter/program.h"
#include "filter/report.h"
#include "filter/resolve.h"
#include "filter/simplify.h"
#include "filter/vm.h"
#include "payload/regex.h"

#include <stdlib.h>
#include <string.h>

/* Octets of a text whose tree takes megabytes: in small pages half of the time of 50,000 networks
 * were page faults (3,570 of them, 2026-11-25). */
enum { LONG_TEXT = 128 << 10 };

struct filter {
    struct arena arena;
    struct filter_env env;
    const struct ast_node *ast;
    const struct cond *cond;
    struct program program;
    struct regex_entry *regexes;
    struct field_set fields;
};

struct filter_work {
    struct vm vm;
    struct batch one; /* filter_matches */
};

/* ------------------------------------------------------------------ compilation */

/* Fields that instructions touch. */
static void collect_fields(struct filter *f)
{
    for (uint32_t at = 0; at < f->program.ncode; at++) {
        const struct insn *i = &f->program.code[at];
        enum op_shape shape = op_facts((enum op)i->op)->shape;
        if (shape == SHAPE_REGS || shape == SHAPE_JUMP || shape == SHAPE_FILE) {
            continue;
        }
        field_set_add(&f->fields, (enum field_id)i->field);
        if (shape == SHAPE_PAIR) {
            field_set_add(&f->fields, (enum field_id)i->arg);
        }
        if (i->op == OP_TOR) {
            field_set_add(&f->fields, FIELD_FIRST_SEEN);
            field_set_add(&f->fields, FIELD_LAST_SEEN);
        }
        if (i->guard != GROUP_HEADER) {
            field_set_add(&f->fields, FIELD_GROUPS);
        }
    }
}

/* -t: strictly after and strictly before. */
static struct cond *with_window(struct arena *a, const struct filter_env *env, struct cond *c)
{
    struct cond *after, *before;
    if (c == NULL || !env->has_window) {
        return c;
    }
    after = env->first_after == UINT64_MAX
                ? cond_constant(a, false)
                : cond_range(a, FIELD_FIRST_SEEN, env->first_after + 1, UINT64_MAX);
    before = env->last_before == 0 ? cond_constant(a, false)
                                   : cond_range(a, FIELD_LAST_SEEN, 0, env->last_before - 1);
    c = cond_pair(a, COND_AND, c, after);
    return c != NULL && cond_add(a, c, before) ? c : NULL;
}

/* Terms and list entries before a syntax error come first: they may be wrong themselves. */
static void resolve_terms(struct resolving *r, const struct parsing *p)
{
    for (size_t i = 0; i < p->nterms && r->error == 0; i++) {
        resolve_term(r, p->terms[i]);
    }
    if (r->error == 0 && p->open_list != NULL) {
        resolve_open_list(r, p->open_list);
    }
}

static int generate(struct filter *f, struct cond *meaning)
{
    int rc;
    f->cond = f->env.plain ? meaning : simplify(&f->arena, meaning);
    if (f->cond == NULL) {
        return ERR_NOMEM;
    }
    rc = program_compile(&f->arena, f->cond, !f->env.plain, &f->program);
    if (rc == 0) {
        rc = program_verify(&f->program);
    }
    return rc;
}

static int understand(struct filter *f, struct parsing *p, struct resolving *r)
{
    struct cond *meaning;
    if (parsing_run(p) != 0) {
        if (p->error == ERR_SYNTAX) {
            resolve_terms(r, p);
        }
        return r->error != 0 ? r->error : p->error;
    }
    f->ast = p->root;
    meaning = p->root != NULL ? resolve_tree(r, p->root) : cond_constant(&f->arena, true);
    if (meaning == NULL) {
        return r->error != 0 ? r->error : ERR_NOMEM;
    }
    meaning = with_window(&f->arena, &f->env, meaning);
    return meaning != NULL ? generate(f, meaning) : ERR_NOMEM;
}

static int compile_text(struct filter *f, const struct source *source, struct filter_report *report,
                        struct fault *fault)
{
    struct parsing p = {.arena = &f->arena, .main_source = source};
    struct resolving r = {.arena = &f->arena, .env = &f->env};
    int rc;
    buf_init(&r.before);
    buf_init(&r.after);
    rc = understand(f, &p, &r);
    f->regexes = r.regexes;
    if (rc != 0) {
        report_failure(rc, &p, &r, report, fault);
    } else {
        collect_fields(f);
    }
    buf_free(&r.before);
    buf_free(&r.after);
    return rc;
}

int filter_compile(const char *text, size_t len, const char *file, const struct filter_env *env,
                   struct filter **out, struct filter_report *report, struct fault *fault)
{
    struct filter *f = calloc(1, sizeof *f);
    const struct source *source;
    int rc;
    if (f == NULL) {
        return fault_set(fault, ERR_NOMEM, "out of memory");
    }
    arena_init(&f->arena);
    if (len >= LONG_TEXT) {
        arena_expect_much(&f->arena);
    }
    if (env != NULL) {
        f->env = *env;
    }
    source = source_new(&f->arena, file, text, len);
    rc = source != NULL ? compile_text(f, source, report, fault)
                        : fault_set(fault, ERR_NOMEM, "out of memory");
    if (rc != 0) {
        filter_free(f);
        return rc;
    }
    *out = f;
    return 0;
}

void filter_free(struct filter *f)
{
    if (f == NULL) {
        return;
    }
    for (struct regex_entry *e = f->regexes; e != NULL; e = e->next) {
        regex_free(e->regex);
    }
    arena_free(&f->arena);
    free(f);
}

/* ------------------------------------------------------------------ evaluation */

struct filter_work *filter_work_new(const struct filter *f)
{
    struct filter_work *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    batch_init(&w->one);
    if (!vm_init(&w->vm, &f->program, f->env.geo, f->env.tor)) {
        filter_work_free(w);
        return NULL;
    }
    return w;
}

void filter_work_free(struct filter_work *w)
{
    if (w != NULL) {
        vm_free(&w->vm);
        batch_free(&w->one);
        free(w);
    }
}

int filter_run(const struct filter *f, struct filter_work *w, struct batch *b, uint64_t *sel)
{
    (void)f;
    return vm_run(&w->vm, b, sel);
}

/* A record as the source of a batch of one row: values stay where they are. */
static int load_from_rec(void *source, struct batch *b, enum field_id id, struct column *column,
                         struct fault *fault)
{
    const uint8_t *value = (const uint8_t *)source + rec_offset(id);
    *column = (struct column){.form = COLUMN_CONST, .width = (uint8_t)field_width(id), .nvalues = 1,
                              .values = value};
    if (field_of(id)->type == TYPE_VAR) {
        const struct span *span = (const struct span *)(const void *)value;
        uint32_t *offsets = arena_alloc(&b->arena, 2 * sizeof *offsets);
        if (offsets == NULL) {
            return fault_set(fault, ERR_NOMEM, "out of memory");
        }
        offsets[0] = 0;
        offsets[1] = span->len;
        column->offsets = offsets;
        column->bytes = span->data != NULL ? span->data : (const uint8_t *)"";
        column->values = NULL;
    }
    return 0;
}

bool filter_matches(const struct filter *f, struct filter_work *w, const struct rec *r,
                    const char *ident)
{
    static const struct batch_loader loader = {.load = load_from_rec};
    uint64_t sel = 0;
    batch_reset(&w->one);
    w->one.nrows = 1;
    w->one.groups_any = w->one.groups_all = r->groups;
    w->one.ident = ident;
    w->one.loader = &loader;
    w->one.source = (void *)(uintptr_t)r; /* only read */
    return filter_run(f, w, &w->one, &sel) == 0 && sel == 1;
}

enum zone_says filter_zone(const struct filter *f, const struct zone *z, const char *ident)
{
    return program_zone(&f->program, z, ident);
}

bool filter_needs_zones(const struct filter *f)
{
    for (uint32_t at = 0; at < f->program.ncode; at++) {
        if (f->program.code[at].op == OP_ZONE) {
            return true;
        }
    }
    return false;
}

bool filter_is_any(const struct filter *f)
{
    return f->cond->kind == COND_TRUE;
}

const struct field_set *filter_fields(const struct filter *f)
{
    return &f->fields;
}

void filter_dump_ast(const struct filter *f, struct buf *out)
{
    ast_dump(f->ast, out);
}

void filter_dump_conditions(const struct filter *f, struct buf *out)
{
    cond_dump(f->cond, 0, out);
}

void filter_dump_program(const struct filter *f, struct buf *out)
{
    program_dump(&f->program, out);
}
