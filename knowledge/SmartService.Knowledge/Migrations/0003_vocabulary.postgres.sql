-- PostgreSQL looks terms up in the index itself.
select 1;
