-- What a building has used of what its plan includes, by month of its own calendar. A line is taken in the transaction that
-- uses it, so that two who take the last one at once cannot both have it, and what is undone has used nothing.
create table quota_uses (
  tenant_id uuid not null references tenants,
  meter     text not null check (char_length(meter) <= 60),
  month     date not null check (extract(day from month) = 1),
  used      bigint not null check (used >= 0),
  primary key (tenant_id, meter, month)
);
call directory.wall('quota_uses');
grant select, insert, update on quota_uses to vantera_web, vantera_worker;
