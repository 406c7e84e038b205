-- Who reads which tenant, and which addresses belong to it.
DO $$ BEGIN NULL; END $$;
