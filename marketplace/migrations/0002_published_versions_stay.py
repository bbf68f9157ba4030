from django.db import migrations

# The row is locked while it is looked at: a measure that is being added and a publication at the
# same moment wait for each other. A measure that moves leaves one version and enters another.
FORWARD = """
CREATE TRIGGER published_version_never_changes BEFORE UPDATE OR DELETE
  ON marketplace_offeringversion
  FOR EACH ROW WHEN (OLD.published_on IS NOT NULL) EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER published_measure_never_changes BEFORE INSERT OR UPDATE OR DELETE
  ON marketplace_offeredmeasure
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published();
"""
BACKWARD = """
DROP TRIGGER published_version_has_a_measure ON marketplace_offeringversion;
DROP FUNCTION refuse_unmeasured_publication();
DROP TRIGGER published_measure_never_changes ON marketplace_offeredmeasure;
DROP FUNCTION refuse_change_of_published();
DROP TRIGGER published_version_never_changes ON marketplace_offeringversion;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial"), ("accounts", "0002_audit_stays")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
