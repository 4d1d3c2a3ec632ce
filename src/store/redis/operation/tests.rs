use super::super::command::{Command, Reply};
use super::super::sans_io::Step;
use super::super::script::Script;
use super::*;
use crate::record::{Changes, NewRecord};
use crate::store::Clock;

const CLOCK: Clock = Clock {
    now_ms: 1000,
    ttl_ms: 500,
};

fn format() -> Arc<Format> {
    Arc::new(Format {
        prefix: "p:".to_owned(),
        ..Format::default()
    })
}

fn id(name: &str) -> SessionId {
    SessionId::of(name, &format())
}

fn changes(set: &str) -> Changes<String> {
    Changes {
        base: 1,
        set: set.to_owned(),
        ..Changes::default()
    }
}

fn text(text: &str) -> Reply {
    Reply::Text(text.into())
}

/// Returns the scripts and commands that a step sends, by their names.
fn names(step: &Step<Outcome>) -> Vec<String> {
    let Step::Send(commands) = step else {
        return vec![format!("{step:?}")];
    };
    let name = |command: &Command| {
        let args: Vec<String> = command
            .args()
            .map(|arg| String::from_utf8_lossy(arg).into_owned())
            .collect();
        let scripts = [
            Script::Create,
            Script::Merge,
            Script::Take,
            Script::Untake,
            Script::Finish,
            Script::Arrive,
            Script::Destroy,
        ];
        let is = |script: &&Script| {
            args.get(1)
                .is_some_and(|arg| arg == script.hash() || arg == script.source())
        };
        let script = scripts.iter().find(is).map(|script| format!("{script:?}"));
        script.unwrap_or_default() + " " + args.first().map_or("", String::as_str)
    };
    commands.iter().map(name).collect()
}

fn stored() -> Reply {
    Reply::List(
        ["d", "\u{1e}\"a\"\u{1f}1\u{1f}1", "m", "1 9000 500 10 20"]
            .map(text)
            .into(),
    )
}

#[test]
fn a_script_that_a_node_does_not_know_is_sent_whole() {
    let mut operation = start(
        format(),
        Request::Merge(id("a"), changes(r#"{"a":2}"#), CLOCK),
    );
    assert_eq!(names(&operation.step(vec![])), ["Merge evalsha"]);
    assert_eq!(
        names(&operation.step(vec![Reply::Error("NOSCRIPT".to_owned())])),
        ["Merge eval"]
    );
    let Step::Done(Ok(Outcome::Written(written))) =
        operation.step(vec![text("2 1500 session 10 1000")])
    else {
        unreachable!("it is done");
    };
    assert_eq!(written, done(2, None, MaxAge::Browser));
}

/// Runs a move: for each step, the commands that it must send, and their replies. Returns the last step.
fn go_through(steps: &[(&[&str], &[Reply])]) -> Step<Outcome> {
    let request = Request::Regenerate(id("a"), id("b"), changes(r#"{"b":2}"#), CLOCK);
    let mut operation = start(format(), request);
    let mut replies = vec![];
    for (sent, answered) in steps {
        assert_eq!(names(&operation.step(replies)), *sent);
        replies = answered.to_vec();
    }
    operation.step(replies)
}

const LOST: &[Reply] = &[Reply::Failed(Failure::Lost)];
const NO: &[Reply] = &[Reply::Int(0)];
const YES: &[Reply] = &[Reply::Int(1)];

#[test]
fn a_move_is_over_when_the_old_session_has_ended() {
    let begin: [(&[&str], &[Reply]); 3] = [
        (&["Take evalsha"], &[stored()]),
        (&["Create evalsha"], YES),
        (&["Finish evalsha"], YES),
    ];
    let ends: [&[(&[&str], &[Reply])]; 3] = [
        &[(&["Arrive evalsha"], YES), (&["Finish evalsha"], YES)],
        &[(&["Arrive evalsha"], YES), (&["Finish evalsha"], LOST)],
        // The old key refers to the new one for as long as the session lives.
        &[(&["Arrive evalsha"], LOST)],
    ];
    for rest in ends {
        let end = go_through(&[&begin[..], rest].concat());
        let Step::Done(Ok(Outcome::Written(written))) = end else {
            unreachable!("it is done");
        };
        assert_eq!(written, done(2, None, MaxAge::Timed(500)));
    }
}

#[test]
fn a_session_that_may_have_been_taken_is_put_back() {
    for failure in [Failure::Lost, Failure::Timeout, Failure::Unreachable] {
        let end = go_through(&[
            (&["Take evalsha"], &[Reply::Failed(failure.clone())]),
            (&["Untake evalsha"], YES),
        ]);
        assert!(matches!(end, Step::Done(Err(error)) if error == failure));
    }
}

#[test]
fn a_move_whose_create_gets_no_reply_is_undone() {
    let end = go_through(&[
        (&["Take evalsha"], &[stored()]),
        (&["Create evalsha"], LOST),
        (&["Create evalsha"], LOST),
        (&["Untake evalsha"], YES),
        (&["Destroy evalsha"], NO),
    ]);
    assert!(matches!(end, Step::Done(Err(Failure::Lost))));
}

#[test]
fn the_old_key_shows_the_outcome_of_a_move() {
    let begin: [(&[&str], &[Reply]); 3] = [
        (&["Take evalsha"], &[stored()]),
        (&["Create evalsha"], YES),
        (&["Finish evalsha"], &[Reply::Failed(Failure::Timeout)]),
    ];
    let end = |rest: &[(&[&str], &[Reply])]| go_through(&[&begin[..], rest].concat());
    let back = end(&[(&["Untake evalsha"], YES), (&["Destroy evalsha"], YES)]);
    assert!(matches!(back, Step::Done(Err(Failure::Timeout))));
    let gone = end(&[(&["Untake evalsha"], NO), (&["Destroy evalsha"], NO)]);
    assert!(matches!(
        gone,
        Step::Done(Ok(Outcome::Written(Written::Missing)))
    ));
    let moved = end(&[
        (&["Untake evalsha"], &[Reply::Int(2)]),
        (&["Arrive evalsha"], YES),
        (&["Finish evalsha"], YES),
    ]);
    assert!(matches!(
        moved,
        Step::Done(Ok(Outcome::Written(Written::Done { .. })))
    ));
    let unknown = end(&[(&["Untake evalsha"], LOST)]);
    assert!(matches!(unknown, Step::Done(Err(Failure::Timeout))));
}

#[test]
fn a_move_to_a_taken_id_is_undone() {
    let end = go_through(&[
        (&["Take evalsha"], &[stored()]),
        (&["Create evalsha"], NO),
        (&["Untake evalsha"], LOST),
    ]);
    assert!(matches!(
        end,
        Step::Done(Ok(Outcome::Written(Written::Taken)))
    ));
}

#[test]
fn a_move_whose_old_session_is_gone_does_not_arrive() {
    let end = go_through(&[
        (&["Take evalsha"], &[stored()]),
        (&["Create evalsha"], YES),
        (&["Finish evalsha"], NO),
        (&["Destroy evalsha"], LOST),
    ]);
    assert!(matches!(
        end,
        Step::Done(Ok(Outcome::Written(Written::Missing)))
    ));
}

#[test]
fn an_arriving_session_is_live_once_the_old_one_has_moved() {
    let arriving = || {
        let mut fields = vec![text("f"), text("from")];
        fields.extend(stored().list().into_iter().flatten());
        Reply::List(fields)
    };
    let (here, live) = (|| text(&id("a").hash), || text("1 9000 500 10 20"));
    for (old, untaken, is) in [
        ([Reply::Nil, here(), text("2000")], None, true),
        ([Reply::Nil, text("elsewhere"), Reply::Nil], None, false),
        ([live(), here(), text("2000")], None, false),
        ([live(), text("elsewhere"), text("999")], None, false),
        ([live(), here(), text("999")], Some(1), false),
        ([live(), here(), text("999")], Some(2), true),
        ([Reply::Nil, Reply::Nil, Reply::Nil], None, false),
    ] {
        let mut operation = start(format(), Request::Load(id("a"), 1000));
        assert_eq!(names(&operation.step(vec![])), [" hgetall"]);
        assert_eq!(names(&operation.step(vec![arriving()])), [" hmget"]);
        let mut end = operation.step(vec![Reply::List(old.into())]);
        if let Some(untaken) = untaken {
            assert_eq!(names(&end), ["Untake evalsha"]);
            end = operation.step(vec![Reply::Int(untaken)]);
        }
        if is {
            assert_eq!(names(&end), ["Arrive evalsha"]);
            end = operation.step(YES.to_vec());
        }
        let Step::Done(Ok(Outcome::Loaded(found))) = end else {
            unreachable!("it is done");
        };
        assert_eq!(found.is_some(), is);
    }
}

#[test]
fn a_moving_session_is_counted_once() {
    let hashes = ["a", "b", "c", "d"];
    let end = |verdict, text: &str| {
        Reply::List(vec![
            Reply::Int(verdict),
            self::text(text),
            self::text("=s"),
            self::text("1"),
        ])
    };
    let count = |replies| {
        let ends = destroy::count_ends(hashes.into_iter(), replies);
        ends.map(|ends| (ends.count, ends.moved, ends.arriving))
    };
    let replies = vec![end(3, "b"), end(4, "a"), end(2, "e"), Reply::Int(0)];
    assert_eq!(count(replies), Ok((1, vec!["e".to_owned()], vec![])));
    assert_eq!(count(vec![end(3, "x")]), Ok((1, vec![], vec![])));
    let asked = vec![("a".to_owned(), "x".to_owned())];
    assert_eq!(count(vec![end(4, "x")]), Ok((0, vec![], asked)));
    assert_eq!(
        count(vec![end(1, ""), end(4, "a")]),
        Ok((1, vec![], vec![]))
    );
    assert_eq!(count(vec![end(0, "")]), Ok((0, vec![], vec![])));
}

#[test]
fn creates_and_merges_are_not_repeatable_but_the_others_are() {
    let new = NewRecord {
        data: "{}".to_owned(),
        max_age: MaxAge::Browser,
        subject: None,
        label: None,
        limit: None,
    };
    for (request, is_repeatable) in [
        (Request::Create(id("a"), new, CLOCK), false),
        (Request::Merge(id("a"), changes(r#"{"a":1}"#), CLOCK), false),
        (Request::Touch(id("a"), CLOCK), true),
        (Request::Load(id("a"), 0), true),
        (Request::Destroy(id("a"), 0), true),
    ] {
        let Step::Send(commands) = start(format(), request).step(vec![]) else {
            unreachable!("it sends something");
        };
        assert_eq!(
            commands
                .iter()
                .map(|command| command.repeatable)
                .collect::<Vec<_>>(),
            [is_repeatable]
        );
    }
}
