namespace SmartService.Plugins;

/// <summary>What calling a tool does to the world.</summary>
public enum Effect
{
    /// <summary>Looks something up; may be called by the model.</summary>
    Read,

    /// <summary>Changes something; runs only inside a flow, after the customer confirmed, with an idempotency key.</summary>
    Write,
}

/// <summary>Declares the effect of a tool method. Without it a tool counts as <see cref="Effect.Write"/>: what nobody declared harmless needs the customer's yes.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolEffectAttribute(Effect effect) : Attribute
{
    /// <summary>The declared effect.</summary>
    public Effect Effect { get; } = effect;
}
