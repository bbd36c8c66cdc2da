using MudBlazor;

namespace SmartService.Desk;

/// <summary>MudBlazor's colours, equal to those of <c>wwwroot/desk.css</c>. System fonts only: nothing is loaded from outside.</summary>
internal static class DeskTheme
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "sans-serif"];

    public static MudTheme Value { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0a7355", PrimaryContrastText = "#ffffff", Secondary = "#3a5a8c", AppbarBackground = "#ffffff", AppbarText = "#1b1f24",
            Background = "#f3f5f7", Surface = "#ffffff", TextPrimary = "#1b1f24", TextSecondary = "#56606b", Error = "#b3261e", Warning = "#8a5a00",
            ActionDefault = "#56606b", LinesDefault = "#e1e5ea", Divider = "#e1e5ea",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#4cd3a3", PrimaryContrastText = "#06241a", Secondary = "#8fb4ec", AppbarBackground = "#171c21", AppbarText = "#e7eaee",
            Background = "#101418", Surface = "#1c2228", TextPrimary = "#e7eaee", TextSecondary = "#a3adb8", Error = "#ff9c93", Warning = "#f0bf6a",
            ActionDefault = "#a3adb8", LinesDefault = "#2b323a", Divider = "#2b323a",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "52px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "0.9rem" },
            H6 = new H6Typography { FontFamily = Fonts, FontSize = "1.05rem", FontWeight = "600" },
            Button = new ButtonTypography { FontFamily = Fonts, TextTransform = "none", FontWeight = "500", FontSize = "0.875rem" },
        },
    };
}
