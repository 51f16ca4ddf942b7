//! The stack machine: opcodes in, an arena of inert values out.
//!
//! Values name each other by index, so cycles leak nothing and deep nesting overflows no stack, and each opcode makes at
//! most one value: memory is bounded by the length of the program.

use std::collections::HashMap;

use super::{PickleError, malformed};

/// Values a program may make: CAM++'s 937 tensors need 14 thousand.
const MAX_VALUES: usize = 1 << 20;

/// Index of a value in [`Heap::values`].
pub(super) type Id = u32;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(i64),
    Str(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// Pairs in the order written; a later pair with the same key wins.
    Dict(Vec<(Id, Id)>),
    /// A name that was imported, as `module.name`. Importing does nothing.
    Global(String),
    /// `torch.XStorage` of `numel` elements under `data/KEY`.
    Storage(Storage),
    /// `torch._utils._rebuild_tensor_v2` of these arguments.
    Tensor(TensorSpec),
    /// Anything else: None, booleans, floats, bytes, sets, instances, results of unknown functions.
    Opaque,
}

#[derive(Clone, Debug)]
pub(super) struct Storage {
    pub kind: tch::Kind,
    pub key: String,
    pub numel: u64,
}

#[derive(Clone, Debug)]
pub(super) struct TensorSpec {
    pub storage: Id,
    pub offset: i64,
    pub size: Vec<i64>,
    pub stride: Vec<i64>,
}

pub(super) struct Heap {
    pub values: Vec<Value>,
    pub root: Id,
}

impl Heap {
    pub fn get(&self, id: Id) -> &Value {
        self.values.get(id as usize).unwrap_or(&Value::Opaque)
    }
}

/// Interprets a pickle.
///
/// # Errors
/// Unknown opcodes, an empty stack, a missing mark or memo, strings that are not UTF-8, a program that ends before STOP.
pub(super) fn run(program: &[u8]) -> Result<Heap, PickleError> {
    let mut machine = Machine {
        code: program,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    while machine.step()? {
        if machine.values.len() > MAX_VALUES {
            return Err(PickleError::Limit("the pickle makes too many values"));
        }
    }
    let root = machine.pop()?;
    Ok(Heap { values: machine.values, root })
}

struct Machine<'a> {
    code: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at each MARK.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

impl<'a> Machine<'a> {
    /// Runs one opcode; false after STOP.
    fn step(&mut self) -> Result<bool, PickleError> {
        let op = self.u8()?;
        match op {
            b'.' => return Ok(false),
            0x80 => _ = self.u8()?,                         // PROTO
            0x95 => _ = self.take(8)?,                      // FRAME
            b'(' => self.marks.push(self.stack.len()),      // MARK
            b'0' => _ = self.pop()?,                        // POP
            b'1' => _ = self.pop_mark()?,                   // POP_MARK
            b'2' => self.stack.push(self.top()?),           // DUP
            b'N' => self.push(Value::Opaque),               // NONE
            0x88 => self.push(Value::Opaque),               // NEWTRUE
            0x89 => self.push(Value::Opaque),               // NEWFALSE
            b'J' => self.int::<4>(true)?,                   // BININT
            b'K' => self.int::<1>(false)?,                  // BININT1
            b'M' => self.int::<2>(false)?,                  // BININT2
            0x8a => self.long()?,                           // LONG1
            b'G' => self.opaque(8)?,                        // BINFLOAT
            b'X' => self.string::<4>()?,                    // BINUNICODE
            0x8c => self.string::<1>()?,                    // SHORT_BINUNICODE
            0x8d => self.string::<8>()?,                    // BINUNICODE8
            b'B' | b'T' => self.bytes::<4>()?,              // BINBYTES, BINSTRING
            b'C' | b'U' => self.bytes::<1>()?,              // SHORT_BINBYTES, SHORT_BINSTRING
            b')' => self.push(Value::Tuple(vec![])),        // EMPTY_TUPLE
            0x85..=0x87 => self.tuple(op as usize - 0x84)?, // TUPLE1, 2, 3
            b't' => {
                let items = self.pop_mark()?; // TUPLE
                self.push(Value::Tuple(items));
            }
            b']' => self.push(Value::List(vec![])), // EMPTY_LIST
            b'}' => self.push(Value::Dict(vec![])), // EMPTY_DICT
            0x8f => self.push(Value::Opaque),       // EMPTY_SET
            b'a' => {
                let item = self.pop()?; // APPEND
                self.extend(vec![item])?;
            }
            b'e' | 0x90 => {
                let items = self.pop_mark()?; // APPENDS, ADDITEMS
                self.extend(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?); // SETITEM
                self.set_items(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_mark()?; // SETITEMS
                self.set_items(&items)?;
            }
            b'c' => self.global()?, // GLOBAL
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?); // STACK_GLOBAL
                let name = format!("{}.{}", self.text(module)?, self.text(name)?);
                self.push(Value::Global(name));
            }
            b'R' => self.reduce()?,                 // REDUCE
            0x81 => self.discard(2)?,               // NEWOBJ
            0x92 => self.discard(3)?,               // NEWOBJ_EX
            b'b' => _ = (self.pop()?, self.top()?), // BUILD: the state of an object is of no use
            b'Q' => self.persistent_id()?,          // BINPERSID
            b'q' => {
                let key = self.unsigned::<1>()?;
                self.put(key)?
            } // BINPUT
            b'r' => {
                let key = self.unsigned::<4>()?;
                self.put(key)?
            } // LONG_BINPUT
            0x94 => self.put(self.memo.len() as u64)?, // MEMOIZE
            b'h' => {
                let key = self.unsigned::<1>()?;
                self.recall(key)?
            } // BINGET
            b'j' => {
                let key = self.unsigned::<4>()?;
                self.recall(key)?
            } // LONG_BINGET
            other => return Err(malformed(format!("opcode {other:#04x} at byte {}", self.at - 1))),
        }
        Ok(true)
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], PickleError> {
        let end = self.at.checked_add(n).filter(|&end| end <= self.code.len());
        let end = end.ok_or_else(|| malformed("it ends in the middle"))?;
        let bytes = &self.code[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    fn u8(&mut self) -> Result<u8, PickleError> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned little-endian number of N <= 8 bytes.
    fn unsigned<const N: usize>(&mut self) -> Result<u64, PickleError> {
        Ok(self.take(N)?.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn length<const N: usize>(&mut self) -> Result<usize, PickleError> {
        usize::try_from(self.unsigned::<N>()?).map_err(|_| PickleError::Limit("a length beyond memory"))
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len() as Id);
        self.values.push(value);
    }

    /// Below the last mark nothing may be taken, as in Python.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        if self.stack.len() <= self.floor() {
            return Err(malformed("the stack is empty"));
        }
        self.stack.pop().ok_or_else(|| malformed("the stack is empty"))
    }

    fn top(&self) -> Result<Id, PickleError> {
        self.stack
            .get(self.floor()..)
            .and_then(<[Id]>::last)
            .copied()
            .ok_or_else(|| malformed("the stack is empty"))
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| malformed("no mark on the stack"))?;
        Ok(self.stack.split_off(mark))
    }

    fn int<const N: usize>(&mut self, signed: bool) -> Result<(), PickleError> {
        let value = self.unsigned::<N>()?;
        let value = if signed { i64::from(value as u32 as i32) } else { value as i64 };
        self.push(Value::Int(value));
        Ok(())
    }

    fn long(&mut self) -> Result<(), PickleError> {
        let length = self.length::<1>()?;
        let bytes = self.take(length)?;
        let value = if length > 8 {
            Value::Opaque // no size or offset is that large
        } else {
            let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
            let mut word = [if negative { 0xff } else { 0 }; 8];
            word[..length].copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(word))
        };
        self.push(value);
        Ok(())
    }

    fn opaque(&mut self, bytes: usize) -> Result<(), PickleError> {
        self.take(bytes)?;
        self.push(Value::Opaque);
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<(), PickleError> {
        let length = self.length::<N>()?;
        self.opaque(length)
    }

    fn string<const N: usize>(&mut self) -> Result<(), PickleError> {
        let length = self.length::<N>()?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| malformed("a string is not UTF-8"))?;
        self.push(Value::Str(text.to_owned()));
        Ok(())
    }

    fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.code[self.at..];
        let end =
            rest.iter().position(|&byte| byte == b'\n').ok_or_else(|| malformed("a name without end"))?;
        let line = std::str::from_utf8(self.take(end)?).map_err(|_| malformed("a name is not UTF-8"))?;
        self.take(1)?;
        Ok(line)
    }

    fn global(&mut self) -> Result<(), PickleError> {
        let (module, name) = (self.line()?, self.line()?);
        self.push(Value::Global(format!("{module}.{name}")));
        Ok(())
    }

    fn tuple(&mut self, n: usize) -> Result<(), PickleError> {
        let mut items = (0..n).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn value(&self, id: Id) -> &Value {
        &self.values[id as usize]
    }

    fn text(&self, id: Id) -> Result<&str, PickleError> {
        match self.value(id) {
            Value::Str(text) => Ok(text),
            _ => Err(malformed("a name is not a string")),
        }
    }

    fn integer(&self, id: Id) -> Result<i64, PickleError> {
        match self.value(id) {
            Value::Int(value) => Ok(*value),
            _ => Err(malformed("a size, stride or offset is not a whole number")),
        }
    }

    fn items(&self, id: Id) -> Result<&[Id], PickleError> {
        match self.value(id) {
            Value::Tuple(items) => Ok(items),
            _ => Err(malformed("arguments are not a tuple")),
        }
    }

    fn integers(&self, id: Id) -> Result<Vec<i64>, PickleError> {
        self.items(id)?.iter().map(|&item| self.integer(item)).collect()
    }

    fn extend(&mut self, items: Vec<Id>) -> Result<(), PickleError> {
        let target = self.top()?;
        match &mut self.values[target as usize] {
            Value::List(list) => list.extend(items),
            Value::Opaque => {}
            _ => return Err(malformed("an append to what is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self, items: &[Id]) -> Result<(), PickleError> {
        let target = self.top()?;
        if !items.len().is_multiple_of(2) {
            return Err(malformed("a key without a value"));
        }
        match &mut self.values[target as usize] {
            Value::Dict(pairs) => pairs.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            Value::Opaque => {}
            _ => return Err(malformed("an item set on what is no dictionary")),
        }
        Ok(())
    }

    /// Replaces `n` values (a class and its arguments) by an instance nobody looks into.
    fn discard(&mut self, n: usize) -> Result<(), PickleError> {
        for _ in 0..n {
            self.pop()?;
        }
        self.push(Value::Opaque);
        Ok(())
    }

    fn put(&mut self, key: u64) -> Result<(), PickleError> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: u64) -> Result<(), PickleError> {
        let id = self.memo.get(&key).copied().ok_or_else(|| malformed("a memo that was never written"))?;
        self.stack.push(id);
        Ok(())
    }

    /// A call. Two functions are known, and even they only describe; any other leaves an opaque value.
    fn reduce(&mut self) -> Result<(), PickleError> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Global(name) = self.value(function) else {
            self.items(arguments)?;
            self.push(Value::Opaque);
            return Ok(());
        };
        let made = match name.as_str() {
            "torch._utils._rebuild_tensor_v2" => self.tensor(arguments)?,
            "collections.OrderedDict" if self.items(arguments)?.is_empty() => Value::Dict(vec![]),
            _ => Value::Opaque,
        };
        self.push(made);
        Ok(())
    }

    /// (storage, offset, size, stride, requires_grad, backward_hooks, ...)
    fn tensor(&self, arguments: Id) -> Result<Value, PickleError> {
        let &[storage, offset, size, stride, ..] = self.items(arguments)? else {
            return Err(malformed("a tensor with too few arguments"));
        };
        Ok(Value::Tensor(TensorSpec {
            storage,
            offset: self.integer(offset)?,
            size: self.integers(size)?,
            stride: self.integers(stride)?,
        }))
    }

    /// ("storage", torch.XStorage, key, location, numel)
    fn persistent_id(&mut self) -> Result<(), PickleError> {
        let id = self.pop()?;
        let &[tag, class, key, _, numel] = self.items(id)? else {
            return Err(malformed("a persistent id that is no storage"));
        };
        let Value::Global(class) = self.value(class) else {
            return Err(malformed("a storage without a type"));
        };
        let kind = kind_of(class).filter(|_| self.text(tag).is_ok_and(|tag| tag == "storage"));
        let storage = Storage {
            kind: kind.ok_or_else(|| malformed(format!("storage type {class}")))?,
            key: self.text(key)?.to_owned(),
            numel: u64::try_from(self.integer(numel)?).map_err(|_| malformed("a negative storage size"))?,
        };
        self.push(Value::Storage(storage));
        Ok(())
    }
}

fn kind_of(class: &str) -> Option<tch::Kind> {
    use tch::Kind;
    Some(match class.strip_prefix("torch.")?.strip_suffix("Storage")? {
        "Float" => Kind::Float,
        "Double" => Kind::Double,
        "Half" => Kind::Half,
        "BFloat16" => Kind::BFloat16,
        "Long" => Kind::Int64,
        "Int" => Kind::Int,
        "Short" => Kind::Int16,
        "Char" => Kind::Int8,
        "Byte" => Kind::Uint8,
        "Bool" => Kind::Bool,
        _ => return None,
    })
}
