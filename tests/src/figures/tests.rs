//! Tables from a run made up for it.

use serde_json::json;

use super::*;

fn run(file: &str, rate: Option<u32>) -> Run {
    let latency = json!({"mean": 2.5, "p50": 2.04, "p99": 8.0, "p999": 20.0, "max": 21.0});
    let run = json!({
        "commit": "load", "shop": {"commit": "abc1234"}, "machine": {"cores": 2, "memory_mib": 7940},
        "rate": rate, "seconds": 30, "users": 10_000, "connections": 128, "lines": null,
        "rows": [{
            "what": "shop", "per_second": 1000.2, "changes": latency, "reads": null,
            "definite_percent": 100.0, "cpu_micros_per_request": 794.4, "memory_mib": null,
            "hops": [{"hop": "log", "count": 12_000, "mean": 0.9, "p50": 0.8, "p99": 4.0,
                      "of_a_change": 0.9}],
            "pushes": null, "windows": [],
        }],
    });
    Run::parse(file, &run.to_string()).unwrap()
}

#[test]
fn a_block_becomes_the_table_of_its_runs_and_nothing_else_changes() {
    let runs = [run("one-b", None), run("one-a", Some(1_000)), run("other", Some(7))];
    let page = "Before.\n<!-- figures: loads one -->\nold\n<!-- end -->\nAfter.\n";

    let rendered = render(page, &runs).unwrap();

    assert!(rendered.starts_with("Before.\n<!-- figures: loads one -->\n| "), "{rendered}");
    assert!(rendered.ends_with("load included.\n<!-- end -->\nAfter.\n"), "{rendered}");
    let figures = "1,000 | 2.0 / 8.0 / 20.0 | – | – | 100.000 % | 794 | – |";
    let at: Vec<&str> = rendered.lines().filter(|line| line.contains(figures)).collect();
    let rows = ["1,000/s", "saturation, 128 connections"];
    assert_eq!(at, rows.map(|of| format!("| {of} | {figures}")), "{rendered}");
    assert!(rendered.contains("2 cores, 8 GiB, commit abc1234; 30 s each"), "{rendered}");
    assert_eq!(render(&rendered, &runs).unwrap(), rendered);
}

#[test]
fn hops_end_with_the_whole_change() {
    let page = "<!-- figures: hops one -->\n<!-- end -->";

    let rendered = render(page, &[run("one", None)]).unwrap();

    assert!(rendered.contains("| log | 12,000 | 0.90 | 0.80 | 4.00 | 0.90 |\n"), "{rendered}");
    assert!(rendered.contains("| *a change* | – | – | – | – | 2.50 |\n"), "{rendered}");
}

#[test]
fn a_block_that_names_nothing_is_an_error_that_says_which() {
    for told in ["loads nothing", "graph one", "loads"] {
        let page = format!("<!-- figures: {told} -->\n<!-- end -->");

        let error = render(&page, &[run("one", None)]).unwrap_err();

        assert_eq!(error.to_string(), format!("figures: {told}"));
    }
}
