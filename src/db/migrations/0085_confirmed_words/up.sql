-- A person has heard words that the machine was not sure of, and they are right.
ALTER TABLE edit DROP CONSTRAINT edit_change_check;
ALTER TABLE edit ADD CONSTRAINT edit_change_check CHECK (change ->> 'kind' IN
    ('assign', 'merge', 'text', 'split', 'join', 'restore', 'restore_all', 'confirm', 'undo', 'redo'));
