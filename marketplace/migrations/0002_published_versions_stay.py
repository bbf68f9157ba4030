from django.db import migrations

FORWARD = """
CREATE TRIGGER published_version_never_changes BEFORE UPDATE OR DELETE
  ON marketplace_offeringversion
  FOR EACH ROW WHEN (OLD.published_on IS NOT NULL) EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER published_measure_never_changes BEFORE INSERT OR UPDATE OR DELETE
  ON marketplace_offeredmeasure
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published();
"""
BACKWARD = """
DROP TRIGGER published_measure_never_changes ON marketplace_offeredmeasure;
DROP FUNCTION refuse_change_of_published();
DROP TRIGGER published_version_never_changes ON marketplace_offeringversion;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial"), ("accounts", "0002_audit_stays")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
