from django.db import migrations

_APPEND_ONLY = {
    "contractversion": "version_never_changes",
    "successmeasure": "success_measure_never_changes",
    "signature": "signature_never_changes",
    "contractevent": "event_never_changes",
    "settlementline": "line_never_changes",
}
FORWARD = (
    "".join(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON contracts_{table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
        for table, name in _APPEND_ONLY.items()
    )
    + """
CREATE TRIGGER line_month_is_open BEFORE INSERT ON contracts_settlementline
  FOR EACH ROW EXECUTE FUNCTION refuse_locked_month();
CREATE TRIGGER closed_contract_never_changes BEFORE UPDATE OR DELETE ON contracts_contract
  FOR EACH ROW WHEN (OLD.state IN ('closed', 'declined', 'withdrawn', 'lapsed'))
  EXECUTE FUNCTION refuse_change();
"""
)
BACKWARD = (
    "DROP TRIGGER closed_contract_never_changes ON contracts_contract;\n"
    "DROP TRIGGER line_month_is_open ON contracts_settlementline;\n"
    + "".join(
        f"DROP TRIGGER {name} ON contracts_{table};\n" for table, name in _APPEND_ONLY.items()
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0001_initial"),
        ("ledger", "0002_rows_of_money_stay"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
