//! Crafted archives: honest ones give tensors, hostile ones give errors, none panics or runs anything.

use std::io::Write;

use zip::write::SimpleFileOptions;

use super::*;

/// An archive of `program` as data.pkl and one storage "0" of these floats.
fn archive(program: &[u8], floats: &[f32]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut zip = zip::ZipWriter::new(file.reopen().expect("the file again"));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("m/data.pkl", stored).expect("an entry");
    zip.write_all(program).expect("the pickle");
    zip.start_file("m/data/0", stored).expect("an entry");
    for value in floats {
        zip.write_all(&value.to_le_bytes()).expect("a float");
    }
    zip.finish().expect("the archive");
    file
}

fn load(program: &[u8], floats: &[f32]) -> Result<TensorMap, PickleError> {
    read(archive(program, floats).path())
}

fn text(value: &str) -> Vec<u8> {
    [b"X".as_slice(), &(value.len() as u32).to_le_bytes(), value.as_bytes()].concat()
}

fn number(value: i32) -> Vec<u8> {
    [b"J".as_slice(), &value.to_le_bytes()].concat()
}

fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [b"(".as_slice(), &items.concat(), b"t"].concat()
}

/// A call of _rebuild_tensor_v2 on a float storage "0" that claims `numel` elements.
fn tensor(numel: i32, offset: i32, size: &[i32], stride: &[i32]) -> Vec<u8> {
    let storage =
        tuple(&[text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text("0"), text("cpu"), number(numel)]);
    let numbers = |values: &[i32]| tuple(&values.iter().map(|&value| number(value)).collect::<Vec<_>>());
    let arguments = tuple(&[
        [storage, b"Q".to_vec()].concat(),
        number(offset),
        numbers(size),
        numbers(stride),
        vec![0x89],
        b"ccollections\nOrderedDict\n)R".to_vec(),
    ]);
    [b"ctorch._utils\n_rebuild_tensor_v2\n".as_slice(), &arguments, b"R"].concat()
}

/// {"w": value}
fn dict(value: &[u8]) -> Vec<u8> {
    [b"\x80\x02}".as_slice(), &text("w"), value, b"s."].concat()
}

const FLOATS: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn a_plain_tensor_and_a_transposed_view() {
    let tensors = load(&dict(&tensor(6, 0, &[2, 3], &[3, 1])), &FLOATS).expect("a tensor");
    assert_eq!(tensors["w"].size(), [2, 3]);
    assert_eq!(tensors["w"].double_value(&[1, 0]), 3.0);
    let tensors = load(&dict(&tensor(6, 1, &[2, 2], &[1, 3])), &FLOATS).expect("a view");
    assert_eq!(tensors["w"].double_value(&[0, 1]), 4.0);
    assert_eq!(tensors["w"].double_value(&[1, 1]), 5.0);
}

#[test]
fn a_checkpoint_nests_its_tensors_and_keeps_company() {
    let inner = [b"}".as_slice(), &text("w"), &tensor(6, 0, &[6], &[1]), b"s"].concat();
    let other = [text("hyper"), b"cmy.module\nThing\n)\x81}b".to_vec()].concat();
    let outer = [b"\x80\x02}(".as_slice(), &other, &text("state_dict"), &inner, b"u."].concat();
    assert_eq!(load(&outer, &FLOATS).expect("a checkpoint").len(), 1);
}

#[test]
fn calls_are_never_made() {
    let flag = tempfile::tempdir().expect("a folder");
    let path = flag.path().join("ran");
    let call =
        [b"cos\nsystem\n".to_vec(), text(&format!("touch {}", path.display())), b"\x85R".to_vec()].concat();
    let program =
        [b"\x80\x02}(".to_vec(), text("a"), call, text("w"), tensor(6, 0, &[6], &[1]), b"u.".to_vec()];
    assert_eq!(load(&program.concat(), &FLOATS).expect("the honest tensor").len(), 1);
    assert!(!path.exists());
}

#[test]
fn tensors_outside_their_storage_are_refused() {
    for (numel, offset, size, stride) in [
        (6, 0, vec![7], vec![1]),
        (6, 1, vec![6], vec![1]),
        (6, -1, vec![2], vec![1]),
        (6, 0, vec![2], vec![-1]),
        (6, 0, vec![-2], vec![1]),
        (6, 0, vec![1_000_000], vec![0]),
        (6, 0, vec![2, 2], vec![5, 1]),
        (6, 0, vec![2], vec![1, 1]),
        (6, 0, vec![i32::MAX; 4], vec![i32::MAX; 4]),
        (6, 0, vec![1; 40], vec![1; 40]),
        (600, 0, vec![600], vec![1]),
        (5, 0, vec![5], vec![1]),
        (-6, 0, vec![1], vec![1]),
    ] {
        assert!(
            load(&dict(&tensor(numel, offset, &size, &stride)), &FLOATS).is_err(),
            "{numel} {offset} {size:?} {stride:?}"
        );
    }
}

#[test]
fn damaged_programs_are_errors() {
    let programs: &[&[u8]] = &[
        b"",
        b".",
        b"N.",
        b"0.",
        b"t.",
        b"R.",
        b"Q.",
        b"h\x07.",
        b"q\x07.",
        b"2.",
        b"cos",
        b"cos\n\xff\n.",
        b"X\xff\xff\xff\xff",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"X\x01\x00\x00\x00\xff.",
        b"(0.",
        b"(\x85.",
        b"](NNu.",
        b"}(Nu.",
        b"N)R.",
        b"NNR.",
        b"NN\x93.",
        b"NQ.",
        b"(NNNNNtQ.",
        b"ios\nsystem\n.",
        b"\x82\x01.",
    ];
    for program in programs {
        assert!(load(program, &[]).is_err(), "{program:?}");
    }
    let whole = dict(&tensor(6, 0, &[2, 3], &[3, 1]));
    for end in 0..whole.len() {
        assert!(load(&whole[..end], &FLOATS).is_err(), "cut at {end}");
    }
    for at in 0..whole.len() {
        for byte in [0, b'R', b'(', 0xff, whole[at] ^ 1] {
            let mut changed = whole.clone();
            changed[at] = byte;
            _ = load(&changed, &FLOATS); // either way, but no panic
        }
    }
}

#[test]
fn cycles_and_depth_do_no_harm() {
    let cycle = [b"\x80\x02}q\x00".as_slice(), &text("w"), b"h\x00s."].concat();
    assert!(load(&cycle, &[]).expect("no tensors").is_empty());
    let deep = [b"\x80\x02})".as_slice(), &vec![0x85; 500_000], b"0."].concat();
    assert!(load(&deep, &[]).expect("no tensors").is_empty());
    let many = [b"\x80\x02}".as_slice(), &vec![b'N'; 3_000_000], b"."].concat();
    assert!(matches!(load(&many, &[]), Err(PickleError::Limit(_))));
}

#[test]
fn files_that_are_no_archive_are_errors() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    assert!(read(file.path()).is_err());
    std::fs::write(file.path(), b"\x80\x02}.").expect("a bare pickle");
    assert!(matches!(read(file.path()), Err(PickleError::Zip(_))));
    assert!(matches!(read(std::path::Path::new("/nonexistent")), Err(PickleError::Io(_))));
}
