"""What objects the fake org has, and what their fields hold."""

from __future__ import annotations

KEY = "Callsheet_Id__c"

PREFIXES = {
    "Lead": "00Q", "Task": "00T", "CampaignMember": "00v", "Campaign": "701", "Event": "00U", "PermissionSet": "0PS",
    "Contact": "003", "FieldPermissions": "01k", "PermissionSetAssignment": "0Pa", "EmailMessage": "02s",
}  # fmt: skip

LENGTHS = {
    "Lead": {"FirstName": 40, "LastName": 80, "Company": 255, "Title": 128, "Phone": 40, "MobilePhone": 40, "Email": 80,
             "Website": 255, "Industry": 40, "LeadSource": 255, "Status": 255, "Street": 255, "City": 40, "State": 80,
             "PostalCode": 20, "Country": 80, "Description": 32000, KEY: 40},
    "Task": {"Subject": 255, "Description": 32000, "Status": 255, "Type": 255, "CallDisposition": 255, "CallType": 40,
             "CallObject": 255, "TaskSubtype": 40, KEY: 40},
}  # fmt: skip
OTHERS = {
    "Contact": {"DoNotCall", "HasOptedOutOfEmail"},
    "Lead": {"NumberOfEmployees", "DoNotCall", "HasOptedOutOfEmail", "OwnerId"},
    "Task": {
        "ActivityDate",
        "WhoId",
        "OwnerId",
        "CallDurationInSeconds",
        "IsReminderSet",
        "ReminderDateTime",
        "Priority",
    },
}
READ_ONLY = {
    "Lead": {"Id", "IsConverted", "ConvertedContactId", "IsDeleted", "MasterRecordId", "CreatedDate", "CreatedById",
             "SystemModstamp", "Owner", "Name"},
    "Task": {"Id", "IsClosed", "IsDeleted", "CreatedDate", "CreatedById", "SystemModstamp", "CompletedDateTime",
             "Owner"},
    "Event": {"Id", "Subject", "Description", "StartDateTime", "EndDateTime", "WhoId", "OwnerId", "Owner",
              "SystemModstamp"},
    "Contact": {"Id", "IsDeleted", "SystemModstamp"},
    "User": {"Id", "Name", "Username", "Email", "IsActive", "UserType", "TimeZoneSidKey"},
    "LeadStatus": {"Id", "MasterLabel", "IsConverted"},
    "TaskStatus": {"Id", "MasterLabel", "IsClosed", "SortOrder"},
    "CampaignMember": {"Id", "LeadId", "Lead", "Status", "HasResponded", "FirstRespondedDate", "CreatedDate",
                       "Campaign", "SystemModstamp"},
    "EmailMessage": {"Id", "ActivityId", "Incoming", "Subject", "TextBody", "MessageDate", "SystemModstamp"},
    "Organization": {"Id", "Name"},
    "UserPermissionAccess": {"Id", "PermissionsCustomizeApplication", "PermissionsManageProfilesPermissionsets",
                             "PermissionsAssignPermissionSets"},
    "PermissionSet": {"Id", "Description", "SystemModstamp"},
    "FieldPermissions": {"Id", "SystemModstamp"},
    "PermissionSetAssignment": {"Id", "SystemModstamp"},
}  # fmt: skip
SETUP = {
    "PermissionSet": ("Name", "Label"),
    "FieldPermissions": ("ParentId", "SobjectType", "Field", "PermissionsRead", "PermissionsEdit"),
    "PermissionSetAssignment": ("AssigneeId", "PermissionSetId"),
}
"""What only those see who may view the setup, and what its records must have."""
OPTIONS = {
    "Lead.Status": ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"),
    "Lead.LeadSource": ("Web", "Phone Inquiry", "Other"),
    "Task.Status": ("Not Started", "In Progress", "Completed", "Deferred"),
    "Task.Type": ("Call", "Email", "Meeting", "LinkedIn"),
}
RESTRICTED = {"Lead.Status", "Task.Status"}
