/* sample: the text of a new channel's file, with every option and what it is, from the option table. */
#ifndef TK_MILTER_CTL_SAMPLE_H
#define TK_MILTER_CTL_SAMPLE_H

#include "rules/conf/conf.h"

struct tk_sample {
    const char *tenant, *name, *address, *template_name;
    const struct tk_template *template; /* whose required fields get a rule; NULL: there is none yet */
};

/* The file, a draft. Options that have a default stand behind a "#". Owned by the caller. */
char *tk_sample_channel(const struct tk_sample *sample);

#endif
