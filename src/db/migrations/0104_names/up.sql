-- Who is called what is changed in the same order as the text, and undone with it.
ALTER TABLE edit DROP CONSTRAINT edit_change_check;
ALTER TABLE edit ADD CONSTRAINT edit_change_check CHECK (change ->> 'kind' IN
    ('assign', 'merge', 'text', 'split', 'join', 'restore', 'restore_all', 'confirm', 'name', 'undo', 'redo'));
