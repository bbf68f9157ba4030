from django.db import migrations

# One look for a whole statement, so that a COPY of thousands of rows costs two joins. A wallet is
# closed under its lock, and whoever moves money also changes the wallet's row: a transfer that was
# written before the closing, but not committed, fails there.
FORWARD = """
CREATE FUNCTION refuse_wallet_of_another_year() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  starts_in integer := coalesce((SELECT fiscal_year_start_month FROM accounts_organization
                                 LIMIT 1), 1);
  wrong record;
BEGIN
  SELECT t.reference INTO wrong FROM inserted t JOIN ledger_wallet w ON w.id = t.payer_id
  WHERE w.closed_on IS NOT NULL
     OR w.fiscal_year <> extract(year FROM t.month)
                         - (extract(month FROM t.month) < starts_in)::integer
        AND t.reference NOT LIKE 'year/' || w.fiscal_year || '/%' LIMIT 1;
  IF NOT FOUND THEN
    SELECT t.reference INTO wrong FROM inserted t JOIN ledger_wallet w ON w.id = t.payee_id
    WHERE w.closed_on IS NOT NULL
       OR w.fiscal_year <> extract(year FROM t.month)
                           - (extract(month FROM t.month) < starts_in)::integer LIMIT 1;
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION '% uses a wallet of a closed or another fiscal year.', wrong.reference
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER transfer_of_the_wallets_year AFTER INSERT ON ledger_transfer
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_wallet_of_another_year();
CREATE TRIGGER closed_wallet_never_changes BEFORE UPDATE OR DELETE ON ledger_wallet
  FOR EACH ROW WHEN (OLD.closed_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closing_stays BEFORE DELETE OR UPDATE OF wallet_id, successor_id, closed_on,
    closed_at, rule, policy_version, allocation, free, earned, carried, shared, lapsed, reserved,
    lapses_on
  ON ledger_walletclosing FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER closing_stays ON ledger_walletclosing;
DROP TRIGGER closed_wallet_never_changes ON ledger_wallet;
DROP TRIGGER transfer_of_the_wallets_year ON ledger_transfer;
DROP FUNCTION refuse_wallet_of_another_year();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_year_end")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
