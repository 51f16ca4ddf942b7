//! Random interleavings of what several people and the machine do with one transcript: changing its text, naming a speaker, undoing, having it heard
//! again, showing older versions, putting it into the trash, taking it out, destroying it. Through HTTP, beside a model of the
//! expected state.

mod model;
mod play;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use model::Model;
use play::Play;

use crate::auth::guarded;
use crate::support::site::Site;

/// Who does something. The transcript is Ada's and shared with whoever is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Ada,
    /// A key of Ada's for all: her second pair of hands, with a view of the text of its own.
    Key,
    /// A key of Ada's that may only write, and so sees nothing.
    Writes,
    Bob,
}

impl Who {
    pub const ALL: [Self; 4] = [Self::Ada, Self::Key, Self::Writes, Self::Bob];
}

/// What somebody does; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads the text; later changes are made on what was seen here.
    Look(Who),
    /// Another word in the place of one.
    Word(Who, usize, usize),
    /// Other words in the place of two of a segment.
    Two(Who, usize, usize),
    /// The machine's words of a segment.
    Back(Who, usize),
    /// Another name for the first voice.
    Name(Who),
    Undo(Who),
    Redo(Who),
    Title(Who),
    /// Shows a version of the machine's.
    Version(Who, usize),
    Process(Who),
    Trash(Who),
    Restore(Who),
    Destroy(Who),
    /// A worker takes the job, if there is one.
    Begins,
    /// It has heard the recording again, some words as others.
    Ends(u16),
}

/// One thing, or two at the same moment.
#[derive(Clone, Debug)]
pub enum Move {
    One(Step),
    Both(Step, Step),
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly who may.
    let who =
        || prop_oneof![5 => Just(Who::Ada), 5 => Just(Who::Key), 1 => Just(Who::Writes), 1 => Just(Who::Bob)];
    prop_oneof![
        4 => who().prop_map(Step::Look),
        2 => who().prop_map(Step::Title),
        2 => (who(), 0..8usize).prop_map(|(who, version)| Step::Version(who, version)),
        4 => who().prop_map(Step::Process),
        3 => who().prop_map(Step::Trash),
        3 => who().prop_map(Step::Restore),
        1 => who().prop_map(Step::Destroy),
        4 => Just(Step::Begins),
        4 => any::<u16>().prop_map(Step::Ends),
        12 => change(),
    ]
}

/// A change of the text, or of a name.
fn change() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![Just(Who::Ada), Just(Who::Key)];
    prop_oneof![
        4 => (who(), 0..3usize, 0..5usize).prop_map(|(who, at, word)| Step::Word(who, at, word)),
        3 => (who(), 0..3usize, 0..5usize).prop_map(|(who, at, word)| Step::Two(who, at, word)),
        2 => (who(), 0..3usize).prop_map(|(who, at)| Step::Back(who, at)),
        2 => who().prop_map(Step::Name),
        2 => who().prop_map(Step::Undo),
        1 => who().prop_map(Step::Redo),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let beside = prop_oneof![
        4 => change(),
        1 => Just(Step::Trash(Who::Key)),
        1 => any::<u16>().prop_map(Step::Ends),
        1 => Just(Step::Process(Who::Key)),
    ];
    let one = prop_oneof![
        7 => step().prop_map(Move::One),
        2 => (change(), beside).prop_map(|(one, other)| Move::Both(one, other)),
    ];
    prop::collection::vec(one, 1..9)
}

/// How many interleavings, by how many threads: each takes two of the workshop's four connections at a time.
const CASES: u32 = 1000;
const THREADS: u32 = 2;

#[expect(clippy::print_stdout, reason = "how long it takes is what one wants to know")]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_interleavings_of_edit_reprocess_delete_and_restore_lead_to_what_is_expected() {
    let started = std::time::Instant::now();
    let site = Arc::new(guarded().await);
    let people = Arc::new(play::people(&site).await);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (site, people): (Arc<Site>, _) = (site.clone(), people.clone());
            let runtime = tokio::runtime::Handle::current();
            tokio::task::spawn_blocking(move || {
                let config = Config {
                    cases: CASES / THREADS,
                    failure_persistence: None,
                    max_shrink_iters: 200,
                    ..Config::default()
                };
                TestRunner::new(config).run(&moves(), |moves| {
                    runtime.block_on(play(&site, &people, &moves));
                    Ok(())
                })
            })
        })
        .collect();
    for one in futures::future::join_all(threads).await {
        if let Err(failed) = one.unwrap() {
            panic!("{failed}");
        }
    }
    println!("{CASES} interleavings in {:.0} s", started.elapsed().as_secs_f64());
}

/// One case: all moves, what holds after each, and that nothing was lost at the end.
async fn play(site: &Site, people: &play::People, moves: &[Move]) {
    let mut play = Play::new(site, people).await;
    // Of two changes at one moment either may be the later one, which shows when it is undone.
    let mut models = vec![Model::new()];
    for one in moves {
        // What was seen and said is the same in all of them.
        let seen = &models[0];
        let (found, tried) = match one {
            Move::One(step) => {
                let fresh = play::names();
                let found = vec![play.take(step, seen, &fresh).await];
                (
                    found,
                    models.iter().map(|model| after(model, &[(step, fresh.as_slice())])).collect::<Vec<_>>(),
                )
            }
            Move::Both(one, other) => {
                let (a, b) = (play::names(), play::names());
                let (one, other) = ((one, a.as_slice()), (other, b.as_slice()));
                let found = play.both(one, other, seen).await;
                let either = models.iter().flat_map(|model| {
                    let (mut said, last) = after(model, &[other, one]);
                    said.reverse();
                    [after(model, &[one, other]), (said, last)]
                });
                (vec![found.0, found.1], either.collect())
            }
        };
        let state = play.state().await;
        let mut fit: Vec<Model> = Vec::new();
        for (said, model) in &tried {
            if *said == found && model.state() == state && !fit.contains(model) {
                fit.push(model.clone());
            }
        }
        assert!(!fit.is_empty(), "{one:?}: {found:?} {state:?}, none of {tried:#?}");
        models = fit;
    }
    play.end(&mut models[0]).await;
}

/// What is said to these steps in this order, and the model after them.
fn after(model: &Model, steps: &[(&Step, &[String])]) -> (Vec<u16>, Model) {
    let mut model = model.clone();
    let said = steps.iter().map(|(step, fresh)| model.apply(step, fresh)).collect();
    (said, model)
}
