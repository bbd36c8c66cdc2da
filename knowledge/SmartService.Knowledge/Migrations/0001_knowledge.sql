create table knowledge_document (
  id text primary key,
  path text not null,
  title text not null,
  hash text not null default '',
  generation bigint not null default 0,      -- the import whose rows are visible; 0 = none was ever completed
  next_generation bigint not null default 1, -- each import takes its own number, so two at once cannot mix
  passages integer not null default 0,
  facts integer not null default 0,
  valid_from bigint,
  valid_to bigint,
  imported_at bigint not null default 0
);

create unique index knowledge_document_path on knowledge_document (path);
create index knowledge_document_hash on knowledge_document (hash);

create table knowledge_passage (
  seq $id$,
  id text not null,
  document_id text not null,
  generation bigint not null,
  position integer not null,
  kind text not null,
  source text not null,
  question text,
  variants text,                             -- other ways to ask the question, one a line
  text text not null,
  subject text,                              -- the product that a row describes
  valid_from bigint,                         -- Unix milliseconds, inclusive
  valid_to bigint                            -- exclusive
);

create unique index knowledge_passage_id on knowledge_passage (id, generation);
create index knowledge_passage_document on knowledge_passage (document_id, generation, position);
create index knowledge_passage_subject on knowledge_passage (subject);

create table knowledge_fact (
  id text not null,
  document_id text not null,
  generation bigint not null,
  passage_id text not null,
  subject text not null,
  relation text not null,
  value text not null,
  number $double$,
  unit text,
  source text not null,
  valid_from bigint,
  valid_to bigint,
  primary key (id, generation)
);

create index knowledge_fact_document on knowledge_fact (document_id, generation);
create index knowledge_fact_subject on knowledge_fact (subject, relation);
create index knowledge_fact_relation on knowledge_fact (relation, number);

create table knowledge_alias (
  document_id text not null,
  generation bigint not null,
  alias text not null,
  subject text not null,
  primary key (document_id, generation, alias, subject)
);

-- In how many passages a term occurs: both stores weigh words by the same numbers.
create table knowledge_term (
  term text primary key,
  passages integer not null
);
