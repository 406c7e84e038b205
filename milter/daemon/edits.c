/* edits: applies edits through libmilter. */
#include "milter/daemon/edits.h"

static int apply(SMFICTX *ctx, const struct tk_edit *edit)
{
    switch (edit->kind) {
    case TK_EDIT_REMOVE_HEADER: return smfi_chgheader(ctx, edit->name, (int)edit->index, NULL);
    case TK_EDIT_ADD_HEADER: {
        /* header values bring their own leading blank since SMFIP_HDR_LEADSPC is negotiated */
        g_autofree char *value = g_strconcat(" ", edit->value, NULL);
        return smfi_addheader(ctx, edit->name, value);
    }
    case TK_EDIT_REMOVE_RCPT: return smfi_delrcpt(ctx, edit->value);
    case TK_EDIT_ADD_RCPT:
        return edit->arguments != NULL ? smfi_addrcpt_par(ctx, edit->value, edit->arguments)
                                       : smfi_addrcpt(ctx, edit->value);
    }
    return MI_FAILURE;
}

static const char *kind_word(enum tk_edit_kind kind)
{
    switch (kind) {
    case TK_EDIT_REMOVE_HEADER: return "remove header";
    case TK_EDIT_ADD_HEADER: return "add header";
    case TK_EDIT_REMOVE_RCPT: return "remove recipient";
    case TK_EDIT_ADD_RCPT: return "add recipient";
    }
    return "unknown edit";
}

enum tk_status tk_edits_apply(SMFICTX *ctx, const GPtrArray *edits, GString *why)
{
    enum tk_status status = TK_OK;
    for (guint i = 0; i < edits->len; i++) {
        const struct tk_edit *edit = g_ptr_array_index(edits, i);
        if (apply(ctx, edit) == MI_SUCCESS || status != TK_OK)
            continue;
        status = tk_status_fail(TK_LATER, why, "the MTA took the edit \"%s %s\" (%u of %u) not",
                                kind_word(edit->kind), edit->name != NULL ? edit->name : edit->value, i + 1,
                                edits->len);
    }
    return status;
}
