create table note (seq $id$, text text not null unique, bytes $bytes$, ratio $double$);
