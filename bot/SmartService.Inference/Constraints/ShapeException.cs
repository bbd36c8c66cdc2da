namespace SmartService.Inference.Constraints;

/// <summary>A shape or its schema is wrong or not supported. The message names keyword and place, and holds no value of the schema.</summary>
internal sealed class ShapeException(string message, Exception? inner = null) : ArgumentException(message, inner);
