-- Names stay as they are; a change of nothing keeps its number, as undoing counts them.
UPDATE edit SET change = '{"kind": "text", "runs": []}', words = 0 WHERE change ->> 'kind' = 'name';
ALTER TABLE edit DROP CONSTRAINT edit_change_check;
ALTER TABLE edit ADD CONSTRAINT edit_change_check CHECK (change ->> 'kind' IN
    ('assign', 'merge', 'text', 'split', 'join', 'restore', 'restore_all', 'confirm', 'undo', 'redo'));
