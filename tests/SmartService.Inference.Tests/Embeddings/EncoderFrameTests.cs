using SmartService.Inference.Embeddings;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class EncoderFrameTests
{
    [Fact]
    public void A_word_piece_text_stands_between_begin_and_separator_whatever_the_flags_say()
    {
        var frame = EncoderFrame.Of(new VocabularyMarks { IsWordPiece = true, Begin = 101, Separator = 102 });
        Assert.Equal(([101], [102], [102]), (frame.Before, frame.After, frame.Between), Same);
    }

    [Fact]
    public void An_xlm_r_pair_has_two_separators_between_its_texts_with_and_without_the_flag()
    {
        var old = new VocabularyMarks { IsUnigram = true, Begin = 0, End = 2, Separator = 2, AddBegin = true, AddEnd = true };
        Assert.Equal(([0], [2], [2, 2]), (EncoderFrame.Of(old).Before, EncoderFrame.Of(old).After, EncoderFrame.Of(old).Between), Same);
        Assert.Equal([2, 2], EncoderFrame.Of(old with { AddSeparator = true }).Between);
    }

    [Fact]
    public void A_roberta_pair_has_two_separators_if_the_file_says_so()
    {
        var marks = new VocabularyMarks { Begin = 0, End = 2, Separator = 2, AddBegin = true, AddEnd = true };
        Assert.Equal([2], EncoderFrame.Of(marks).Between);
        Assert.Equal([2, 2], EncoderFrame.Of(marks with { AddSeparator = true }).Between);
    }

    [Fact]
    public void A_text_of_an_embedding_model_that_looks_back_ends_in_its_end_token()
    {
        var frame = EncoderFrame.Of(new VocabularyMarks { Begin = 5, End = 6, AddEnd = true });
        Assert.Equal(([], [6], [6]), (frame.Before, frame.After, frame.Between), Same);
    }

    [Fact]
    public void A_vocabulary_that_adds_nothing_still_has_a_token_for_an_empty_text()
    {
        var frame = EncoderFrame.Of(new VocabularyMarks { End = 6 });
        Assert.Empty(frame.Before);
        Assert.Empty(frame.After);
        Assert.Equal(6, frame.Filler);
    }

    private static bool Same(
        (IReadOnlyList<int> Before, IReadOnlyList<int> After, IReadOnlyList<int> Between) one,
        (IReadOnlyList<int> Before, IReadOnlyList<int> After, IReadOnlyList<int> Between) other) =>
        one.Before.SequenceEqual(other.Before) && one.After.SequenceEqual(other.After) && one.Between.SequenceEqual(other.Between);
}
