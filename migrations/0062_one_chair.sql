-- A building has one chair; the office is handed on and never doubled, whoever writes the row.
create unique index memberships_one_chair on memberships (tenant_id) where role = 'chair' and state = 'active';
