-- The calls that store a mail, as they are from this version on.
DO $$ BEGIN NULL; END $$;
