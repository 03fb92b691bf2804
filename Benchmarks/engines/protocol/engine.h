// For engines in C: they define prepare() and the function below, and call serve().
#pragma once
#include "serve.h"

static bool is_valid(const char *token);

static const json_t *tokens[2];

static void load(int list, const json_t *items) { tokens[list] = items; }

static bool is_valid_at(int list, size_t place) {
    return is_valid(json_string_value(json_array_get(tokens[list], place)));
}

static int serve(const char *name, const char *version, const char *library) {
    return serve_list("tokens", name, version, library);
}
