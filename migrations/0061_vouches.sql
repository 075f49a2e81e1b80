-- Neighbours who say that they know somebody whom nobody confirmed yet: two of them confirm him.

create table vouches (
  tenant_id     uuid not null references tenants,
  candidate_id  uuid not null,
  neighbour_id  uuid not null,
  said_at       timestamptz not null,
  primary key (tenant_id, candidate_id, neighbour_id),
  foreign key (tenant_id, candidate_id) references memberships (tenant_id, membership_id),
  foreign key (tenant_id, neighbour_id) references memberships (tenant_id, membership_id),
  check (candidate_id <> neighbour_id)
);
create index vouches_of_neighbour on vouches (tenant_id, neighbour_id);
call directory.wall('vouches');
grant select, insert, delete on vouches to vantera_web;

-- Whom neighbours are asked about.
create index memberships_unconfirmed on memberships (tenant_id, joined_at) where state = 'active' and trust = 'paid';
