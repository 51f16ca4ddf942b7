DROP FUNCTION search_documents(text, tsquery);
