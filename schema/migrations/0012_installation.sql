-- The name that all hosts on one database share.
DO $$ BEGIN NULL; END $$;
