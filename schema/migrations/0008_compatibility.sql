-- Which programs a version of the schema serves.
DO $$ BEGIN NULL; END $$;
