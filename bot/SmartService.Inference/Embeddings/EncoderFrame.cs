using LLama.Native;

namespace SmartService.Inference.Embeddings;

/// <summary>The special tokens that a model was trained to see around its texts, as its vocabulary says.</summary>
/// <param name="Before">In front of everything: <c>[CLS]</c>, <c>&lt;s&gt;</c>, or nothing.</param>
/// <param name="After">Behind everything: <c>[SEP]</c>, <c>&lt;/s&gt;</c>, <c>&lt;|endoftext|&gt;</c>, or nothing.</param>
/// <param name="Between">Between the question and the passage of a pair: <c>[SEP]</c>, or <c>&lt;/s&gt;&lt;/s&gt;</c> for RoBERTa and XLM-R.</param>
/// <param name="Filler">The one token of a text that has none, so that every text has a vector.</param>
internal sealed record EncoderFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After, IReadOnlyList<int> Between, int Filler)
{
    /// <summary>Reads the vocabulary. The model must stay loaded during the call only.</summary>
    public static EncoderFrame Of(SafeLlamaModelHandle model, IReadOnlyDictionary<string, string> metadata)
    {
        var vocabulary = model.Vocab;
        return Of(new VocabularyMarks
        {
            IsWordPiece = vocabulary.Type == LLamaVocabType.WordPiece,
            IsUnigram = vocabulary.Type == LLamaVocabType.Unigram,
            Begin = (int?)vocabulary.BOS,
            End = (int?)vocabulary.EOS,
            Separator = (int?)vocabulary.SEP,
            AddBegin = vocabulary.ShouldAddBOS,
            AddEnd = vocabulary.ShouldAddEOS,
            AddSeparator = string.Equals(metadata.GetValueOrDefault("tokenizer.ggml.add_sep_token"), "true", StringComparison.Ordinal),
        });
    }

    /// <remarks>
    /// llama.cpp frames a WordPiece text with <c>[CLS]</c> and <c>[SEP]</c> whatever the file's flags say, and every other text by the flags.
    /// Its server leaves out the last <c>[SEP]</c> of a WordPiece pair, because those vocabularies have no end token; the models were trained with it.
    /// Conversions of XLM-R before 2025 lack the separator flag; all of that family have two separators between the texts of a pair.
    /// </remarks>
    public static EncoderFrame Of(VocabularyMarks marks)
    {
        if (marks.IsWordPiece)
        {
            var separator = Tokens(marks.Separator ?? marks.End);
            return new EncoderFrame(Tokens(marks.Begin), separator, separator, marks.Separator ?? marks.End ?? marks.Begin ?? 0);
        }

        var end = Tokens(marks.AddEnd ? marks.End : null);
        var doubled = marks.AddSeparator || marks.IsUnigram;
        // A vocabulary that adds no end token may still have one, and two texts without anything between them are one text.
        var between = (IReadOnlyList<int>)(doubled
            ? [.. Tokens(marks.End ?? marks.Separator), .. Tokens(marks.Separator ?? marks.End)]
            : Tokens(marks.End ?? marks.Separator));
        return new EncoderFrame(Tokens(marks.AddBegin ? marks.Begin : null), end, between, marks.End ?? marks.Begin ?? marks.Separator ?? 0);
    }

    private static int[] Tokens(int? token) => token is { } some ? [some] : [];
}

/// <summary>What a file says about its special tokens.</summary>
internal sealed record VocabularyMarks
{
    public bool IsWordPiece { get; init; }

    public bool IsUnigram { get; init; }

    public int? Begin { get; init; }

    public int? End { get; init; }

    public int? Separator { get; init; }

    public bool AddBegin { get; init; }

    public bool AddEnd { get; init; }

    public bool AddSeparator { get; init; }
}
