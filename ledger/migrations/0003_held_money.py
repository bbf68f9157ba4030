from django.db import migrations

# Of the money held for one cause no more goes out than went in. The lock makes two releases of one
# cause wait for each other, else neither would see the other's row.
FORWARD = """
CREATE FUNCTION refuse_release_beyond_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held numeric;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.cause_route || '/' || NEW.cause_id, 0));
  SELECT coalesce(sum(CASE WHEN t.payee_id = w.id THEN t.amount ELSE -t.amount END), 0) INTO held
    FROM ledger_wallet w JOIN ledger_transfer t ON w.id IN (t.payer_id, t.payee_id)
    WHERE w.system = 'held' AND t.cause_route = NEW.cause_route AND t.cause_id = NEW.cause_id;
  IF held < 0 THEN
    RAISE EXCEPTION 'More is released for % % than is held.', NEW.cause_route, NEW.cause_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER release_within_its_hold AFTER INSERT ON ledger_transfer
  FOR EACH ROW WHEN (NEW.kind = 'release') EXECUTE FUNCTION refuse_release_beyond_hold();
"""
BACKWARD = """
DROP TRIGGER release_within_its_hold ON ledger_transfer;
DROP FUNCTION refuse_release_beyond_hold();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_rows_of_money_stay")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
