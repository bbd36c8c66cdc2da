using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SmartService.Desk;

/// <summary>Settings under <c>Desk</c>.</summary>
public sealed class DeskOptions
{
    public const string Section = "Desk";

    /// <summary>Hours after which an agent has to sign in again.</summary>
    [Range(1, 720, ErrorMessage = "Desk:SessionHours must be between {1} and {2}.")]
    public int SessionHours { get; set; } = 12;

    /// <summary>Conversations in the list before 「更多」.</summary>
    [Range(10, 200, ErrorMessage = "Desk:QueuePageSize must be between {1} and {2}.")]
    public int QueuePageSize { get; set; } = 60;

    /// <summary>Entries of a conversation that are loaded at a time.</summary>
    [Range(10, 200, ErrorMessage = "Desk:LogPageSize must be between {1} and {2}.")]
    public int LogPageSize { get; set; } = 40;
}

/// <summary>Written by hand: the generated one does not keep <see cref="ValidationAttribute.ErrorMessage"/>, and a message has to name the whole path.</summary>
internal sealed class DeskOptionsValidator : IValidateOptions<DeskOptions>
{
    public ValidateOptionsResult Validate(string? name, DeskOptions options)
    {
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(each => each.ErrorMessage!));
    }
}
