using System.Reflection;
using System.Runtime.InteropServices;
using LLama.Native;
using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.Native;

/// <summary>
/// The alarm for an upgrade: LLamaSharp's low-level surface has no promise of stability, and its structs are written by hand
/// after llama.cpp's. When this fails, read the release's changes before the list is changed.
/// </summary>
public sealed class LlamaSharpSurfaceTests
{
    private static readonly string[] Lines = LlamaSharpSurface.Text.Split('\n');

    public static TheoryData<string> Types => [.. Lines.Select(TypeOf).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Everything_that_we_use_of_a_type_is_as_it_was(string name)
    {
        var type = typeof(NativeApi).Assembly.GetType(name);
        Assert.True(type is not null, $"{name} is gone");
        var now = Describe(type).ToHashSet(StringComparer.Ordinal);
        Assert.All(Lines.Where(line => TypeOf(line) == name), line => Assert.Contains(line, now));
    }

    [Fact]
    public unsafe void The_native_defaults_fill_the_structs_of_the_assembly_and_no_more()
    {
        Assert.SkipUnless(NativeLayout.Current.HasLevels, "struct returns through a hidden pointer are read on x64 only");
        var outcome = NativeBackend.Start(new LocalModelOptions());
        Assert.True(outcome.IsAvailable, outcome.Problem);
        var llama = NativeLibrary.Load(NativeLayout.Current.File(outcome.Folder!, "llama"));
        AssertWritten<LLamaContextParams>("llama_context_default_params");
        AssertWritten<LLamaModelParams>("llama_model_default_params");

        void AssertWritten<T>(string function)
        {
            // Two fillings: a byte that is equal after both calls was written (llama-cpp.md b.2).
            var call = (delegate* unmanaged[Cdecl]<byte*, void*>)NativeLibrary.GetExport(llama, function);
            byte* first = stackalloc byte[1024], second = stackalloc byte[1024];
            new Span<byte>(first, 1024).Fill(0xCD);
            new Span<byte>(second, 1024).Fill(0x32);
            call(first);
            call(second);
            var last = 1023;
            while (first[last] != second[last])
            {
                last--;
            }

            // Up to seven bytes of padding follow the last field.
            Assert.InRange(Marshal.SizeOf<T>() - (last + 1), 0, 7);
        }
    }

    [Fact]
    public void The_package_names_no_version_so_the_natives_are_asked()
    {
        var outcome = NativeBackend.Start(new LocalModelOptions());
        Assert.True(outcome.IsAvailable, outcome.Problem);
        Assert.Null(NativeRelease.ProblemOf(NativeLayout.Current.File(outcome.Folder!, "ggml-base")));
    }

    private static string TypeOf(string line) => line[..line.IndexOfAny([':', ' '])];

    private static IEnumerable<string> Describe(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
        foreach (var member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
        {
            yield return $"{type.FullName}: {member}";
        }

        if (type.IsEnum)
        {
            yield return $"{type.FullName} = {string.Join(", ", Enum.GetNames(type).Select(name => $"{name} {Convert.ToInt64(Enum.Parse(type, name), null)}"))}";
        }
        else if (type is { IsValueType: true, IsGenericType: false })
        {
            yield return $"{type.FullName} = {string.Join(", ", type.GetFields(all).Select(field => $"{field.FieldType.Name} {field.Name}"))} = {Marshal.SizeOf(type)}";
        }
    }
}
