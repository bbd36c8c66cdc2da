create table desk_event (
  seq $id$,
  conversation_id text not null,
  agent text not null,
  kind text not null,           -- a DeskEventKind by name
  detail text,                  -- colleague, id of a message or reply, or a note between colleagues
  at bigint not null
);
create index desk_event_conversation on desk_event (conversation_id, seq);
