-- Phones at rest are sealed for their own row and found by a keyed fingerprint (docs/decisions/0009-phones.md). Here both
-- come beside the plain ones; `vantera migrate` seals what is there (the keys are the program's and never the database's),
-- and the next migration takes the plain ones away.
alter table people add column sealed_phone bytea, add column phone_blind bytea;
alter table memberships add column sealed_phone bytea, add column phone_blind bytea;
alter table joins add column sealed_phone bytea, add column phone_blind bytea;
alter table roster add column sealed_phone bytea, add column phone_blind bytea;
alter table roster drop constraint roster_pkey, alter column phone drop not null;

-- The directory's functions rotate what is sealed, in every tenant (0166); the plain ones are its to seal until then.
grant select, update on roster to vantera_directory;
grant update on memberships, joins to vantera_directory;
create policy vault_reads on roster for select to vantera_directory using (true);
create policy vault_reseals on roster for update to vantera_directory using (true) with check (true);
create policy vault_reseals on memberships for update to vantera_directory using (true) with check (true);
create policy vault_reseals on joins for update to vantera_directory using (true) with check (true);

-- A code lives for ten minutes: whoever waits for one asks for another.
set local role vantera_directory;
delete from login_codes;
reset role;
alter table login_codes add column sealed_phone bytea, add column phone_blind bytea;
