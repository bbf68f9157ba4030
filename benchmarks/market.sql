-- A month before its settlement, made by set-based statements: {mes} MEs and {contracts} contracts.
--
-- The mix, of 100 contracts:
--   75 with a fixed fee: 71 for the whole month, 1 that begins and 1 that ends within it, 1 whose
--      price changes on the 16th, 1 suspended for ten days;
--   25 per unit, used twice in the month: 17 as planned, 3 with less, 2 with an overage within the
--      cap and 2 above it, 1 refused because its usage lies before it began.
--   22 of them promise service levels (20 fixed, 2 per unit), 5 of these two levels, all measured
--      with something excluded; a tenth of the contracts missed theirs and owe a credit.
--   Of 1,000 contracts 2 have a confirmed correction of February, and 2 an open dispute whose money
--      is held when the month is posted. February is settled and locked; of it only those four
--      have lines.
-- The checks of foreign keys are left out here (and only here): every key is made a line above.
SET session_replication_role = replica;
-- What a column means is Django's to say; here what is not told below is empty.
CREATE TEMPORARY TABLE untold AS
SELECT table_name, column_name,
       CASE data_type WHEN 'boolean' THEN 'false' WHEN 'jsonb' THEN '{{}}'
            WHEN 'character varying' THEN '' WHEN 'text' THEN '' ELSE '0' END AS value
FROM information_schema.columns
WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL
  AND is_identity = 'NO' AND data_type IN ('boolean', 'jsonb', 'character varying', 'text',
                                           'numeric', 'integer', 'smallint')
  AND table_name = ANY('{{accounts_organization, accounts_user, accounts_microenterprise,
    marketplace_category, marketplace_serviceoffering, marketplace_offeringversion,
    contracts_contract, contracts_contractversion, contracts_signature, contracts_usage,
    contracts_servicelevel, contracts_measurement, contracts_suspension, contracts_correction,
    contracts_dispute, contracts_settlementline, ledger_settlementrun, ledger_wallet,
    ledger_reservation, ledger_transfer}}'::text[]);
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT * FROM untold LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT %L', each.table_name,
                   each.column_name, each.value);
  END LOOP;
END $$;
SELECT setseed(0.42);

INSERT INTO accounts_organization (id, name, currency, time_zone, fiscal_year_start_month,
                                   moved_by_days, founded_at, singleton)
VALUES (1, 'Benchmark', 'EUR', 'UTC', 1, 0, '2026-01-01', true);
INSERT INTO accounts_user (id, password, is_superuser, email, name, is_client, is_hr_admin, is_chro,
                           is_auditor, is_active, is_staff)
SELECT n, '!', false, 'user' || n || '@example.org', 'User ' || n, false, false, false, false, true,
       false FROM generate_series(1, 2) n;
INSERT INTO accounts_microenterprise (id, name, kind, state, purpose, legal_entity, hr_unit,
                                      has_outside_customer, formed_on, activated_on,
                                      rejected_because)
SELECT n, 'ME ' || n, CASE WHEN n % 5 = 0 THEN 'service' ELSE 'frontline' END, 'active', '', '', '',
       n % 5 <> 0, '2026-01-01', '2026-01-01', ''
FROM generate_series(1, {mes}) n;
INSERT INTO marketplace_category (id, name, slug, description)
VALUES (1, 'Services', 'services', '');
INSERT INTO marketplace_serviceoffering (id, provider_id, category_id, state, published_on,
                                         current_id)
SELECT n, n, 1, 'published', '2026-01-01', n FROM generate_series(5, {mes}, 5) n;
INSERT INTO marketplace_offeringversion (id, offering_id, number, name, summary, description, unit,
                                         plan, price, lead_time_days, published_on)
SELECT n, n, 1, 'Offering ' || n, 'A service', '', 'hour', 'fixed', 1000, 1, '2026-01-01'
FROM generate_series(5, {mes}, 5) n;

-- `place` is the kind of contract, `tenth` one in ten of that kind.
CREATE TEMPORARY TABLE mix AS
SELECT n AS id, 1 + (random() * ({mes} - 1))::int AS buyer,
       5 * (1 + (random() * ({mes} / 5 - 1))::int) AS provider, n % 100 AS place,
       n / 100 % 10 AS tenth,
       (200 + (random() * 2000)::int)::numeric(18, 2) AS price
FROM generate_series(1, {contracts}) n;
UPDATE mix SET buyer = 1 + buyer % {mes} WHERE buyer = provider;
INSERT INTO contracts_contract (id, offering_id, buyer_id, provider_id, state, ended_because,
                                starts_on, ends_on, head_hash, event_count, created_on,
                                created_by_id, committed_year, is_unfunded, draft_key, current_id)
SELECT id, provider, buyer, provider, 'active', '',
       CASE WHEN place = 60 THEN date '2026-03-11' WHEN place IN (20, 21) THEN date '2026-02-01'
            ELSE date '2026-03-01' END,
       CASE WHEN place = 61 THEN date '2026-03-20' ELSE date '2026-12-31' END,
       '', 0, '2026-01-01', 1, 2026, false, '', id
FROM mix;
INSERT INTO contracts_contractversion (id, contract_id, number, terms, hash, title, plan, price,
                                       unit, expected_quantity, cap_quantity, starts_on, ends_on,
                                       valid_from_on, written_by_id, written_for_id, written_on)
SELECT id, id, 1, '{{}}'::jsonb, encode(sha256(('v' || id)::bytea), 'hex'), 'Service',
       CASE WHEN place >= 75 THEN 'per_unit' ELSE 'fixed' END,
       CASE WHEN place >= 75 THEN round(price / 100, 2) ELSE price END, 'hour',
       CASE WHEN place >= 75 THEN 100 END, CASE WHEN place >= 75 THEN 150 END,
       date '2026-03-01', date '2026-12-31', date '2026-01-01', 1, buyer, date '2026-01-01' FROM mix
UNION ALL
SELECT {contracts} + id, id, 2, '{{}}'::jsonb, encode(sha256(('w' || id)::bytea), 'hex'), 'Service',
       'fixed', price + 100, 'hour', NULL, NULL, '2026-01-01', '2026-12-31', '2026-03-16', 1, buyer,
       '2026-03-01' FROM mix WHERE place = 62;
INSERT INTO contracts_signature (version_id, contract_id, party_id, signed_by_id, hash, signed_on,
                                 signed_at)
SELECT v.id, v.contract_id, CASE side WHEN 1 THEN c.buyer_id ELSE c.provider_id END, side, v.hash,
       '2026-01-01', '2026-01-01'
FROM contracts_contractversion v JOIN contracts_contract c ON c.id = v.contract_id,
     generate_series(1, 2) side;
INSERT INTO contracts_usage (contract_id, used_on, origin_month, quantity, key, note, state,
                             contest_reason, entered_on, entered_by_id, answered_on, answered_by_id)
SELECT id, CASE WHEN place = 99 THEN date '2025-12-31' ELSE date '2026-03-05' + 12 * half END,
       CASE WHEN place = 99 THEN date '2025-12-01' ELSE date '2026-03-01' END,
       CASE WHEN place BETWEEN 92 AND 94 THEN 40 WHEN place IN (95, 96) THEN 60
            WHEN place IN (97, 98) THEN 90 ELSE 50 END,
       'bench-' || half, '', 'confirmed', '', '2026-03-20', 2, '2026-03-21', 1
FROM mix, generate_series(0, 1) half WHERE place >= 75;
INSERT INTO contracts_suspension (contract_id, first_on, last_on, is_open, reason, decided_by_id,
                                  decided_on)
SELECT id, '2026-03-10', '2026-03-19', false, '', 1, '2026-03-09' FROM mix WHERE place = 63;
INSERT INTO contracts_servicelevel (id, number, name, promise, unit, measurer, tiers, earns_back,
                                    version_id)
SELECT {contracts} * (number - 1) + id, number,
       CASE number WHEN 1 THEN 'Answered in time' ELSE 'Solved in time' END,
       'Within one working day', 'tickets', 'provider',
       '[{{"at_least": "95.00", "credit": "0.00"}}, {{"at_least": "90.00", "credit": "5.00"}},
         {{"at_least": "80.00", "credit": "10.00"}}, {{"at_least": "0.00", "credit": "15.00"}}]',
       true, id
FROM mix, generate_series(1, 2) number
WHERE (place < 20 OR place IN (75, 76)) AND (number = 1 OR place < 5);
INSERT INTO contracts_measurement (contract_id, level_id, term, month, measured, met, maintenance,
                                   buyer_caused, exclusion_reason, state, entered_on, entered_by_id,
                                   answered_on, answered_by_id)
SELECT mix.id, level.id, level.name, '2026-03-01', 104,
       CASE WHEN tenth > 0 THEN 97 WHEN place % 2 = 0 THEN 91 ELSE 85 END, 4, 0, 'Planned work',
       'confirmed', '2026-04-01', 2, '2026-04-02', 1
FROM mix JOIN contracts_servicelevel level ON level.version_id = mix.id;
INSERT INTO ledger_settlementrun (id, month, state, goal, opened_at, posted_on)
VALUES (1, '2026-02-01', 'locked', 'locked', '2026-03-04', '2026-03-06');
INSERT INTO contracts_settlementline (id, run_id, contract_id, version_id, month, kind, term,
                                      origin_month, amount, calculation)
SELECT id, 1, id, id, '2026-02-01', 'fee', 'fee', '2026-02-01', price, price || ' a month'
FROM mix WHERE place IN (20, 21) AND tenth < 2;
INSERT INTO contracts_correction (contract_id, origin_month, amount, reason, state, entered_by_id,
                                  entered_on, answered_by_id, answered_on)
SELECT id, '2026-02-01', CASE tenth WHEN 0 THEN -20 ELSE 20 END, 'Counted twice', 'confirmed', 1,
       '2026-03-10', 2, '2026-03-11'
FROM mix WHERE place = 20 AND tenth < 2;
INSERT INTO contracts_dispute (contract_id, month, line_id, amount, reason, state, opened_on,
                               opened_by_id, mediation_days, panel_days, offer_days,
                               answer_until_on)
SELECT id, '2026-02-01', id, 100, 'Half of it was not done', 'open', '2026-03-09', 1, 5, 10, 5,
       '2026-03-16'
FROM mix WHERE place = 21 AND tenth < 2;
INSERT INTO ledger_wallet (id, owner_id, fund, fiscal_year, system, balance, reserved)
SELECT n, n, 'operating', 2026, '', 0, 0 FROM generate_series(1, {mes}) n;
INSERT INTO ledger_wallet (id, fund, system, balance, reserved)
VALUES ({mes} + 1, '', 'treasury', 0, 0), ({mes} + 2, '', 'outside', 0, 0),
       ({mes} + 3, '', 'held', 0, 0);
INSERT INTO ledger_reservation (cause_route, cause_id, wallet_id, kind, month, amount, made_on)
SELECT 'contracts:contract', id, buyer, 'committed', '2026-03-01',
       CASE WHEN place IN (60, 63) THEN round(price * 21 / 31, 2)
            WHEN place = 61 THEN round(price * 20 / 31, 2)
            WHEN place = 62 THEN round((price * 15 + (price + 100) * 16) / 31, 2)
            WHEN place >= 75 THEN 100 * round(price / 100, 2)
            ELSE price END, '2026-01-01'
FROM mix;
INSERT INTO ledger_transfer (payer_id, payee_id, amount, kind, month, reference, posted_on,
                             posted_at, note, cause_route, cause_id)
SELECT {mes} + 1, w.id, coalesce(sum(r.amount), 0) + 1000, 'grant', '2026-01-01', 'grant/' || w.id,
       '2026-01-01', '2026-01-01', '', 'ledger:grant', w.id
FROM ledger_wallet w LEFT JOIN ledger_reservation r ON r.wallet_id = w.id
WHERE w.owner_id IS NOT NULL GROUP BY w.id;
UPDATE ledger_wallet w SET balance = t.amount,
       reserved = (SELECT coalesce(sum(amount), 0) FROM ledger_reservation WHERE wallet_id = w.id)
FROM ledger_transfer t WHERE t.payee_id = w.id;

-- Keys made above must not be given out again.
SELECT setval(pg_get_serial_sequence(format('%I', t), 'id'), top)
FROM (VALUES ('contracts_contract', {contracts}), ('contracts_contractversion', 2 * {contracts}),
             ('ledger_wallet', {mes} + 3), ('accounts_microenterprise', {mes}),
             ('marketplace_serviceoffering', {mes}), ('marketplace_offeringversion', {mes}),
             ('contracts_servicelevel', 2 * {contracts}), ('ledger_settlementrun', 1),
             ('contracts_settlementline', {contracts}), ('marketplace_category', 1), ('accounts_user', 2), ('accounts_organization', 1))
     AS made (t, top);
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT * FROM untold LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP DEFAULT', each.table_name,
                   each.column_name);
  END LOOP;
END $$;
SET session_replication_role = DEFAULT;
