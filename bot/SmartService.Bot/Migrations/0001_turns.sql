create table account (
  channel text not null,
  account text not null,
  cursor text not null default '',
  bell_token text,
  token_at bigint,              -- when the token came; the platform accepts it for ten minutes
  bell_at bigint,               -- newest bell; null when everything was pulled
  drained_at bigint,            -- when the last pull that came to its end began
  pulled_at bigint,             -- last time that a pull ended with nothing more
  next_at bigint,               -- not before, after a refusal
  error text,                   -- why the last pull failed, for the desk
  attempts integer not null default 0,
  lease_owner text,
  lease_until bigint,
  fence bigint not null default 0,
  primary key (channel, account)
);

create table conversation (
  id text primary key,
  channel text not null,
  account text not null,
  customer text not null,
  owner text not null default 'Bot',
  agent text,
  handoff_reason text,
  handed_off_at bigint,
  dialogue text not null default '{}',
  due_at bigint,                -- when the next turn may be taken; null when nothing waits
  first_waiting_at bigint,
  attempts integer not null default 0,
  lease_owner text,
  lease_until bigint,
  fence bigint not null default 0,
  deliver_at bigint,            -- when the next reply may be sent; null when nothing is to send
  delivery_owner text,
  delivery_until bigint,
  delivery_fence bigint not null default 0,
  window_from bigint,           -- the platform's clock at the customer's last message
  budget_used integer not null default 0,
  last_customer_at bigint,
  last_agent_at bigint,
  last_activity_at bigint,
  unread integer not null default 0,
  created_at bigint not null
);
create index conversation_due on conversation (due_at) where due_at is not null;
create index conversation_deliver on conversation (deliver_at) where deliver_at is not null;
create index conversation_owner on conversation (owner, last_activity_at);

create table message (
  seq $id$,
  conversation_id text not null,
  channel text not null,
  account text not null,
  message_id text not null,
  origin text not null,
  sent_at bigint not null,
  received_at bigint not null,
  payload text not null,
  state text not null,          -- Waiting, Done, Dead, Ignored (too old at the first pull), Recalled
  error text,
  unique (channel, account, message_id)
);
create index message_waiting on message (conversation_id, seq) where state = 'Waiting';
create index message_conversation on message (conversation_id, seq);
create index message_dead on message (seq) where state = 'Dead';

create table turn (
  conversation_id text not null,
  seq bigint not null,          -- of the newest message that the turn saw
  outcome text not null,
  intent text not null,
  confidence $double$ not null,
  citations text not null,
  timings text not null,
  due_at bigint not null,
  finished_at bigint not null,
  primary key (conversation_id, seq)
);

create table reply (
  seq $id$,
  id text not null unique,      -- idempotency key at the platform
  conversation_id text not null,
  turn_seq bigint,              -- null for what a human wrote
  part integer not null,
  author text not null,         -- bot, system (notices that survive a hand-off), agent:<name>
  payload text not null,
  state text not null,          -- Planned, Sending, Sent, Held, Unknown, Failed, Dropped
  attempts integer not null default 0,
  next_at bigint,
  created_at bigint not null,
  sent_at bigint,
  platform_id text,
  error text
);
create index reply_open on reply (conversation_id, seq) where state in ('Planned', 'Sending', 'Held');
create index reply_conversation on reply (conversation_id, seq);
create index reply_platform on reply (platform_id) where platform_id is not null;
create index reply_trouble on reply (seq) where state in ('Held', 'Unknown', 'Failed');

create table agent (
  name text primary key,
  display_name text not null,
  password_hash text not null,
  created_at bigint not null,
  disabled integer not null default 0
);

create table draft (
  conversation_id text not null,
  agent text not null,
  text text not null,
  updated_at bigint not null,
  primary key (conversation_id, agent)
);

create table tool_call (
  seq $id$,
  conversation_id text,
  tool text not null,
  effect text not null,
  status text not null,
  idempotency_key text,
  duration_ms integer not null,
  at bigint not null
);
