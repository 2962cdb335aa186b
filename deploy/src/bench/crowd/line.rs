//! The line nearest to some points. Knows not what they are.

#![expect(clippy::float_arithmetic, reason = "only to be read")]

/// The slope of the line nearest to the points (least squares); none where they have but one x.
pub(super) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.iter().map(|_| 1.0).sum::<f64>();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
    let spread: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let together: f64 = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    (spread > 0.0).then(|| together / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(slope: Option<f64>, expected: f64) -> bool {
        slope.is_some_and(|slope| (slope - expected).abs() < 1e-6)
    }

    #[test]
    fn points_on_a_line_have_its_slope_wherever_it_begins() {
        let points = [(1_000.0, 80e6), (3_000.0, 100e6), (5_000.0, 120e6)];

        assert!(is_near(slope(&points), 10_000.0), "{:?}", slope(&points));
    }

    #[test]
    fn what_lies_beside_the_line_on_both_sides_does_not_turn_it() {
        let points = [(0.0, 1.0), (0.0, -1.0), (2.0, 5.0), (2.0, 3.0)];

        assert!(is_near(slope(&points), 2.0), "{:?}", slope(&points));
    }

    #[test]
    fn memory_that_shrinks_has_a_negative_slope() {
        assert!(is_near(slope(&[(1.0, 4.0), (2.0, 1.0)]), -3.0));
    }

    #[test]
    fn one_place_has_no_slope() {
        assert_eq!(slope(&[]), None);
        assert_eq!(slope(&[(5.0, 1.0)]), None);
        assert_eq!(slope(&[(5.0, 1.0), (5.0, 2.0)]), None);
    }
}
