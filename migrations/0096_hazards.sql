-- Crisis status: a danger in the building, said by its committee and seen by everybody who lives there until it is over.
create table hazards (
  tenant_id   uuid not null references tenants,
  hazard_id   uuid not null,
  kind        text not null check (kind in ('fire', 'gas', 'water', 'electricity', 'structure', 'lift', 'security', 'other')),
  severity    text not null check (severity in ('watch', 'warning', 'emergency')),
  body        text not null check (char_length(body) <= 300),
  -- Whether partners who hear of hazards may read the words too.
  shared      boolean not null,
  raised_by   uuid not null,
  raised_at   timestamptz not null,
  cleared_by  uuid,
  cleared_at  timestamptz,
  primary key (tenant_id, hazard_id),
  foreign key (tenant_id, raised_by) references memberships (tenant_id, membership_id),
  foreign key (tenant_id, cleared_by) references memberships (tenant_id, membership_id)
);
-- One of a kind at a time: who says it again tells what has become of it.
create unique index hazards_standing on hazards (tenant_id, kind) where cleared_at is null;
call directory.wall('hazards');
grant select, insert, update on hazards to vantera_web;
grant select on hazards to vantera_worker;
