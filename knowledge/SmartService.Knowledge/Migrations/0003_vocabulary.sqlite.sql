-- Which rows hold a term, without the machinery of MATCH: a question looks up some thirty terms.
create virtual table knowledge_index_vocabulary using fts5vocab(knowledge_index, instance);
create virtual table knowledge_question_index_vocabulary using fts5vocab(knowledge_question_index, instance);
