from django.db import migrations

# The row lock on the run makes a transfer and the lock of its month wait for each other: neither
# can slip past the other.
FORWARD = """
CREATE FUNCTION refuse_locked_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE run record;
BEGIN
  SELECT * INTO run FROM ledger_settlementrun WHERE month = NEW.month FOR SHARE;
  IF FOUND AND run.state = 'locked' THEN
    RAISE EXCEPTION 'The month % is locked.', to_char(NEW.month, 'YYYY-MM')
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER transfer_never_changes BEFORE UPDATE OR DELETE ON ledger_transfer
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_month_is_open BEFORE INSERT ON ledger_transfer
  FOR EACH ROW EXECUTE FUNCTION refuse_locked_month();
CREATE TRIGGER locked_run_never_changes BEFORE UPDATE OR DELETE ON ledger_settlementrun
  FOR EACH ROW WHEN (OLD.state = 'locked') EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_change_of_published_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rule bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.rule_id ELSE OLD.rule_id END;
BEGIN
  -- The row lock makes a change of the draft and its publishing wait for each other.
  PERFORM 1 FROM ledger_budgetrule WHERE id = rule AND state = 'published' FOR SHARE;
  IF FOUND THEN
    RAISE EXCEPTION 'The budget % is published.', rule
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER published_rule_never_changes BEFORE UPDATE OR DELETE ON ledger_budgetrule
  FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER published_allocation_stays
  BEFORE INSERT OR DELETE OR UPDATE OF rule_id, micro_enterprise_id, amount, reference
  ON ledger_allocation FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_budget();
CREATE TRIGGER money_check_never_changes BEFORE UPDATE OR DELETE ON ledger_moneycheck
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER money_check_never_changes ON ledger_moneycheck;
DROP TRIGGER published_allocation_stays ON ledger_allocation;
DROP TRIGGER published_rule_never_changes ON ledger_budgetrule;
DROP FUNCTION refuse_change_of_published_budget();
DROP TRIGGER locked_run_never_changes ON ledger_settlementrun;
DROP TRIGGER transfer_month_is_open ON ledger_transfer;
DROP TRIGGER transfer_never_changes ON ledger_transfer;
DROP FUNCTION refuse_locked_month();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("accounts", "0002_audit_stays")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
