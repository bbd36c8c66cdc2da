using SmartService.Inference.Hosting;

namespace SmartService.Inference.Constraints;

/// <summary>
/// Follows one output token by token and says what may come next. Made by <see cref="IConstraintCompiler"/>; one per request;
/// used by one thread. The scheduler asks, in this order: <see cref="IsComplete"/>, <see cref="Forced"/>, <see cref="Options"/>,
/// then samples among tokens that are <see cref="Allows"/>ed.
/// </summary>
internal interface ITokenConstraint
{
    /// <summary>The shape is complete and nothing may follow.</summary>
    bool IsComplete { get; }

    /// <summary>Whether the model may end its turn here.</summary>
    bool CanEnd { get; }

    /// <summary>Tokens that must come next; they are fed, not sampled, and have been accepted when this returns. False: the model chooses now.</summary>
    bool Forced(List<int> into);

    /// <summary>At a closed choice of literals: each option's tokens, to be scored; null elsewhere.</summary>
    IReadOnlyList<int[]>? Options { get; }

    /// <summary>Takes an option of <see cref="Options"/>; its tokens have been accepted when this returns.</summary>
    void Choose(int option);

    /// <summary>Whether the token may come next. Cheap for a handful of candidates.</summary>
    bool Allows(int token);

    /// <summary>Marks every allowed token; <paramref name="mask"/> has one entry per token of the vocabulary. For when no likely candidate was allowed.</summary>
    void Mask(Span<bool> mask);

    /// <summary>The token was sampled. It must be allowed, or be an end token where <see cref="CanEnd"/>.</summary>
    void Accept(int token);
}

/// <summary>Turns shapes into constraints; what depends only on the shape and the vocabulary is kept. Thread-safe.</summary>
internal interface IConstraintCompiler
{
    /// <summary>A fresh constraint at its beginning.</summary>
    /// <exception cref="ArgumentException">The shape holds a schema that is not JSON Schema, or a keyword that is not supported; the message names it.</exception>
    ITokenConstraint Compile(OutputShape shape);
}
