create table server_pulse (id integer primary key, at bigint not null);
