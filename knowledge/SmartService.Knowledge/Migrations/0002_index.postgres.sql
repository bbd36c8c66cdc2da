create table knowledge_index (
  seq bigint primary key,
  terms tsvector not null
);

create index knowledge_index_terms on knowledge_index using gin (terms);

create table knowledge_question_index (
  seq bigint primary key,
  terms tsvector not null
);

create index knowledge_question_index_terms on knowledge_question_index using gin (terms);
