-- Keys that protect sign-in cookies and forms: every server of the store reads what another one wrote.
create table protection_key (
  name text primary key,
  xml text not null,
  created_at bigint not null
);

-- Sign-ins that ended before they expired: a copy of their cookie is refused. Forgotten once they would have expired.
create table ended_sign_in (
  id text primary key,
  expires_at bigint not null
);
