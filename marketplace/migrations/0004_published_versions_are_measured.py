from django.db import migrations

# The row is locked while it is looked at: a measure that is being added and a publication at the
# same moment wait for each other. A measure that moves leaves one version and enters another.
FORWARD = """
CREATE OR REPLACE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
  IF TG_OP = 'INSERT' THEN touched := ARRAY[NEW.version_id];
  ELSIF TG_OP = 'DELETE' THEN touched := ARRAY[OLD.version_id];
  ELSE touched := ARRAY[OLD.version_id, NEW.version_id];
  END IF;
  PERFORM FROM marketplace_offeringversion WHERE id = ANY(touched) ORDER BY id FOR SHARE;
  IF EXISTS (SELECT FROM marketplace_offeringversion
             WHERE id = ANY(touched) AND published_on IS NOT NULL) THEN
    RAISE EXCEPTION 'A published version and its measures never change.'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION refuse_unmeasured_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM marketplace_offeredmeasure WHERE version_id = NEW.id) THEN
    RAISE EXCEPTION 'A version without a success measure is not published.'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER published_version_has_a_measure BEFORE INSERT OR UPDATE OF published_on
  ON marketplace_offeringversion
  FOR EACH ROW WHEN (NEW.published_on IS NOT NULL)
  EXECUTE FUNCTION refuse_unmeasured_publication();
"""
BACKWARD = """
DROP TRIGGER published_version_has_a_measure ON marketplace_offeringversion;
DROP FUNCTION refuse_unmeasured_publication();
CREATE OR REPLACE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched record;
BEGIN
  IF TG_OP = 'DELETE' THEN touched := OLD; ELSE touched := NEW; END IF;
  IF EXISTS (SELECT FROM marketplace_offeringversion
             WHERE id = touched.version_id AND published_on IS NOT NULL) THEN
    RAISE EXCEPTION 'A published version and its measures never change.'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN touched;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0003_search_by_likeness")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
