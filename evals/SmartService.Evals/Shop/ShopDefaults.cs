namespace SmartService.Evals.Shop;

/// <summary><c>evals/suites/shop/suite.json</c>.</summary>
/// <param name="Description">For <c>list</c>.</param>
/// <param name="AsOf">The moment that the questions are asked at; promotions come and go.</param>
/// <param name="OverWords">Words by which a reply to an <c>expired</c> question says that the promotion is over or has not begun.</param>
public sealed record ShopDefaults(string Description, DateTimeOffset AsOf, IReadOnlyList<string> OverWords);
