create table attempt (
  id text primary key,          -- hash of the task and of what was guessed at, or of who guessed
  failures integer not null,
  since bigint not null         -- the first failure; after the window the row is forgotten
);
create index attempt_since on attempt (since);
