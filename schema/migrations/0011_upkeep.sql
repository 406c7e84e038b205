-- Purging in batches, and what is kept of mails that were refused.
DO $$ BEGIN NULL; END $$;
