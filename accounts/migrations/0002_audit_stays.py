from django.db import migrations

# The trigger's name is given as the name of the constraint, so that code and tests can tell one
# refusal from another. Every app's append-only rows use this one function.
FORWARD = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Rows of % are added, never changed.', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON accounts_auditevent
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER policy_never_changes BEFORE UPDATE OR DELETE ON accounts_policy
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER person_is_never_deleted BEFORE DELETE ON accounts_person
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER person_is_never_deleted ON accounts_person;
DROP TRIGGER policy_never_changes ON accounts_policy;
DROP TRIGGER audit_never_changes ON accounts_auditevent;
DROP FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
