/* noop-milter: a milter that reads every mail and adds one header, for tests of the test stack and as a
 * yardstick.
 *
 * It negotiates nothing: every step is sent and answered, as libmilter has it where a filter says no word.
 * Usage: noop-milter SOCKET (as of smfi_setconn). Fails with 69 when libmilter does. */
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <libmilter/mfapi.h>

static sfsistat noop_envfrom(SMFICTX *ctx, char **args)
{
    (void)ctx, (void)args;
    return SMFIS_CONTINUE;
}

static sfsistat noop_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx, (void)name, (void)value;
    return SMFIS_CONTINUE;
}

static sfsistat noop_body(SMFICTX *ctx, unsigned char *chunk, size_t length)
{
    (void)ctx, (void)chunk, (void)length;
    return SMFIS_CONTINUE;
}

static sfsistat noop_eom(SMFICTX *ctx)
{
    char name[] = "X-Noop", value[] = "yes";
    return smfi_addheader(ctx, name, value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

int main(int argc, char **argv)
{
    char name[] = "noop-milter";
    struct smfiDesc description = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS,
        .xxfi_envfrom = noop_envfrom,
        .xxfi_envrcpt = noop_envfrom,
        .xxfi_header = noop_header,
        .xxfi_body = noop_body,
        .xxfi_eom = noop_eom,
    };
    if (argc != 2) {
        fprintf(stderr, "usage: noop-milter SOCKET\n");
        return EX_USAGE;
    }
    umask(0007);
    if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(description) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS || smfi_main() != MI_SUCCESS)
        return EX_UNAVAILABLE;
    return EX_OK;
}
